// SPDX-License-Identifier: Apache-2.0

extension HostileProgram {
  private static let refused = [
    "Operation not permitted", "Permission denied", "Read-only file system", "No such file",
  ]

  /// Reaches for what is not its own.
  static let escaping: [HostileProgram] = [
    HostileProgram(
      name: "opens a socket to the network",
      program: "import socket\nsocket.create_connection(('127.0.0.1', 22))", verdicts: ["runtime_error"],
      says: ["Operation not permitted"]),
    HostileProgram(
      name: "listens on the network", program: "import socket\nsocket.create_server(('', 0))",
      verdicts: ["runtime_error"], says: ["Operation not permitted"]),
    HostileProgram(
      name: "connects to the machine's own sockets",
      program: "import socket\nsocket.socket(socket.AF_UNIX).connect('/run/dbus/system_bus_socket')",
      verdicts: ["runtime_error"], says: ["Operation not permitted"]),
    HostileProgram(
      name: "kills its parent",
      program: """
        import os, signal, time
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(0.05)
        print('done')
        """,
      verdicts: ["runtime_error", "accepted"], says: ["Operation not permitted", "done"]),
    HostileProgram(
      name: "kills every process",
      program: "import os, signal\nos.kill(-1, signal.SIGTERM)\nprint('done')",
      verdicts: ["runtime_error", "accepted"], says: ["not permitted", "No such process", "done"]),
    HostileProgram(
      name: "lowers its parent's limits",
      program: "import os, resource\nresource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))",
      verdicts: ["runtime_error"], says: ["not permitted", "Permission"]),
    HostileProgram(
      name: "traces its parent",
      program: "import os\nparent = os.getppid()\n" + systemCall("ptrace(16, parent, 0, 0)"),
      verdicts: ["runtime_error"], says: ["Operation not permitted"]),
    HostileProgram(
      // In a user namespace, its parent is a shell that lives and dies with it.
      name: "writes into its parent's memory",
      program: "import os\nopen(f'/proc/{os.getppid()}/mem', 'r+b')\nprint('done')",
      verdicts: ["runtime_error", "accepted"], says: refused + ["done"]),
    HostileProgram(
      name: "writes to /usr", program: "open('/usr/written', 'w')", verdicts: ["runtime_error"], says: refused),
    HostileProgram(
      name: "writes to /etc", program: "open('/etc/passwd', 'a')", verdicts: ["runtime_error"], says: refused),
    HostileProgram(
      name: "reads the machine's accounts", program: "print(open('/etc/shadow').read())",
      verdicts: ["runtime_error"], says: refused),
    HostileProgram(
      name: "writes shared memory", program: "open('/dev/shm/written', 'w')", verdicts: ["runtime_error"],
      says: refused),
    HostileProgram(
      name: "follows a link out of its folder",
      program: "import os\nos.symlink('/etc', 'out')\nprint(open('out/passwd').read())", verdicts: ["runtime_error"],
      says: refused),
    HostileProgram(
      name: "changes its own program", program: "open(__file__, 'w').write('print(1)')", verdicts: ["runtime_error"],
      says: refused),
    HostileProgram(
      name: "changes its input",
      program: "import os\nos.write(os.open('/proc/self/fd/0', os.O_RDWR), b'x')", verdicts: ["runtime_error"],
      says: refused),
    HostileProgram(
      name: "reads the machine's memory", program: "open('/dev/mem', 'rb').read(1)", verdicts: ["runtime_error"],
      says: refused),
    HostileProgram(
      name: "makes a disk's device",
      program: """
        import os, stat
        os.mknod('disk', 0o600 | stat.S_IFBLK, os.makedev(254, 0))
        open('disk', 'rb').read(1)
        """,
      verdicts: ["runtime_error"], says: refused),
    HostileProgram(
      name: "mounts", program: systemCall("mount(b'none', b'/usr', b'tmpfs', 0, None)"), verdicts: ["runtime_error"],
      says: ["Operation not permitted"]),
    HostileProgram(
      name: "makes a user namespace", program: systemCall("unshare(0x10000000)"), verdicts: ["runtime_error"],
      says: ["Operation not permitted"]),
    HostileProgram(
      name: "loads a kernel module", program: systemCall("init_module(None, 0, b'')"), verdicts: ["runtime_error"],
      says: ["Operation not permitted"]),
    HostileProgram(
      name: "reboots", program: systemCall("reboot(0x01234567)"), verdicts: ["runtime_error"],
      says: ["Operation not permitted"]),
    HostileProgram(
      name: "sets the clock", program: "import time\ntime.clock_settime(time.CLOCK_REALTIME, 0)",
      verdicts: ["runtime_error"], says: ["Operation not permitted"]),
    HostileProgram(
      name: "renames the machine", program: "import socket\nsocket.sethostname('mine')", verdicts: ["runtime_error"],
      says: ["Operation not permitted"]),
    HostileProgram(
      name: "reads the kernel's log", program: systemCall("klogctl(3, ctypes.create_string_buffer(100), 100)"),
      verdicts: ["runtime_error"], says: ["Operation not permitted"]),
    HostileProgram(
      name: "hides memory from its limit", program: systemCall("shmget(0, 1 << 20, 0o1600)"),
      verdicts: ["runtime_error"], says: ["Operation not permitted"]),
  ]
}
