// SPDX-License-Identifier: Apache-2.0

import Foundation
import Sandboxing

extension EscapeAttempt {
  private static let refused = [
    "Operation not permitted", "Permission denied", "Read-only file system", "No such file",
  ]

  /// Takes too much of something.
  static let greedy: [EscapeAttempt] = [
    EscapeAttempt(
      name: "forks without end", language: .c, program: "#include <unistd.h>\nint main(void) { for (;;) fork(); }",
      verdicts: ["process_limit"], takesFromUser: true),
    EscapeAttempt(
      name: "starts threads without end",
      program: """
        import threading, time
        while True:
            threading.Thread(target=time.sleep, args=(100,)).start()
        """,
      verdicts: ["process_limit"], takesFromUser: true),
    EscapeAttempt(
      name: "fills the disk",
      program: """
        import itertools
        for number in itertools.count():
            with open(str(number), 'wb') as file:
                file.write(bytes(500000))
        """,
      verdicts: ["runtime_error"], says: ["No space left on device", "the scratch folder is full"]),
    EscapeAttempt(
      name: "writes one huge file",
      program: """
        file = open('huge', 'wb')
        while True:
            file.write(bytes(100000))
        """,
      verdicts: ["runtime_error"], says: ["File too large"]),
    EscapeAttempt(name: "prints for ever", program: "while True: print('again ' * 1000)", verdicts: ["output_limit"]),
    EscapeAttempt(
      name: "writes errors for ever", program: "import sys\nwhile True: print('again ' * 1000, file=sys.stderr)",
      verdicts: ["output_limit"]),
    EscapeAttempt(
      name: "sleeps for ever", program: "import time\nwhile True: time.sleep(1)", verdicts: ["time_limit"],
      limits: limits(wallSeconds: 0.6)),
    EscapeAttempt(
      name: "stops itself", program: "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
      verdicts: ["time_limit"], limits: limits(wallSeconds: 0.6)),
    EscapeAttempt(
      name: "burns the processor", program: "while True: pass", verdicts: ["time_limit"],
      limits: limits(cpuSeconds: 0.3)),
    EscapeAttempt(
      name: "lets children burn the processor",
      program: """
        import os
        for _ in range(3):
            if os.fork() == 0:
                while True: pass
        os.wait()
        """,
      verdicts: ["time_limit"], limits: limits(cpuSeconds: 0.4)),
    EscapeAttempt(
      name: "allocates without end", program: "held = []\nwhile True: held.append(bytearray(1 << 20))",
      verdicts: ["memory_limit"]),
    EscapeAttempt(
      name: "asks for a terabyte at once", program: "held = bytearray(1 << 40)", verdicts: ["runtime_error"],
      says: ["MemoryError"]),
    EscapeAttempt(
      name: "allocates in many processes",
      program: """
        import os, time
        for _ in range(6):
            if os.fork() == 0:
                held = os.urandom(40 << 20)
                time.sleep(100)
        os.wait()
        """,
      verdicts: ["memory_limit"]),
    EscapeAttempt(
      name: "opens files without end", program: "held = []\nwhile True: held.append(open('/dev/null'))",
      verdicts: ["runtime_error"], says: ["Too many open files"]),
    EscapeAttempt(
      name: "recurses without end", language: .c,
      program: """
        #include <stdio.h>
        static int deeper(int n) { volatile char room[1000]; room[0] = (char)n; return deeper(n + 1) + room[0]; }
        int main(void) { printf("%d\\n", deeper(0)); }
        """,
      verdicts: ["runtime_error"], says: ["SIGSEGV"]),
    EscapeAttempt(
      name: "raises its own limits",
      program: """
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (1 << 19, 1 << 19))
        """,
      verdicts: ["runtime_error"], says: ["not allowed to raise maximum limit", "Operation not permitted"]),
  ]

  /// Reaches for what is not its own.
  static let reaching: [EscapeAttempt] = [
    EscapeAttempt(
      name: "opens a socket to the network",
      program: "import socket\nsocket.create_connection(('127.0.0.1', 22))", verdicts: ["runtime_error"],
      says: ["Operation not permitted"]),
    EscapeAttempt(
      name: "listens on the network", program: "import socket\nsocket.create_server(('', 0))",
      verdicts: ["runtime_error"], says: ["Operation not permitted"]),
    EscapeAttempt(
      name: "connects to the machine's own sockets",
      program: "import socket\nsocket.socket(socket.AF_UNIX).connect('/run/dbus/system_bus_socket')",
      verdicts: ["runtime_error"], says: ["Operation not permitted"]),
    EscapeAttempt(
      name: "kills its parent",
      program: """
        import os, signal, time
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(0.05)
        print('done')
        """,
      verdicts: ["runtime_error", "accepted"], says: ["Operation not permitted", "done"]),
    EscapeAttempt(
      name: "kills every process",
      program: "import os, signal\nos.kill(-1, signal.SIGTERM)\nprint('done')",
      verdicts: ["runtime_error", "accepted"], says: ["not permitted", "No such process", "done"]),
    EscapeAttempt(
      name: "lowers its parent's limits",
      program: "import os, resource\nresource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))",
      verdicts: ["runtime_error"], says: ["not permitted", "Permission"]),
    EscapeAttempt(
      name: "traces its parent",
      program: "import os\nparent = os.getppid()\n" + systemCall("ptrace(16, parent, 0, 0)"),
      verdicts: ["runtime_error"], says: ["Operation not permitted"]),
    EscapeAttempt(
      // In a user namespace, its parent is a shell that lives and dies with it.
      name: "writes into its parent's memory",
      program: "import os\nopen(f'/proc/{os.getppid()}/mem', 'r+b')\nprint('done')",
      verdicts: ["runtime_error", "accepted"], says: refused + ["done"]),
    EscapeAttempt(
      name: "writes to /usr", program: "open('/usr/written', 'w')", verdicts: ["runtime_error"], says: refused),
    EscapeAttempt(
      name: "writes to /etc", program: "open('/etc/passwd', 'a')", verdicts: ["runtime_error"], says: refused),
    EscapeAttempt(
      name: "reads the machine's accounts", program: "print(open('/etc/shadow').read())",
      verdicts: ["runtime_error"], says: refused),
    EscapeAttempt(
      name: "writes shared memory", program: "open('/dev/shm/written', 'w')", verdicts: ["runtime_error"],
      says: refused),
    EscapeAttempt(
      name: "follows a link out of its folder",
      program: "import os\nos.symlink('/etc', 'out')\nprint(open('out/passwd').read())", verdicts: ["runtime_error"],
      says: refused),
    EscapeAttempt(
      name: "changes its own program", program: "open(__file__, 'w').write('print(1)')", verdicts: ["runtime_error"],
      says: refused),
    EscapeAttempt(
      name: "changes its input",
      program: "import os\nos.write(os.open('/proc/self/fd/0', os.O_RDWR), b'x')", verdicts: ["runtime_error"],
      says: refused),
    EscapeAttempt(
      name: "reads the machine's memory", program: "open('/dev/mem', 'rb').read(1)", verdicts: ["runtime_error"],
      says: refused),
    EscapeAttempt(
      name: "makes a disk's device",
      program: """
        import os, stat
        os.mknod('disk', 0o600 | stat.S_IFBLK, os.makedev(254, 0))
        open('disk', 'rb').read(1)
        """,
      verdicts: ["runtime_error"], says: refused),
    EscapeAttempt(
      name: "mounts", program: systemCall("mount(b'none', b'/usr', b'tmpfs', 0, None)"), verdicts: ["runtime_error"],
      says: ["Operation not permitted"]),
    EscapeAttempt(
      name: "makes a user namespace", program: systemCall("unshare(0x10000000)"), verdicts: ["runtime_error"],
      says: ["Operation not permitted"]),
    EscapeAttempt(
      name: "loads a kernel module", program: systemCall("init_module(None, 0, b'')"), verdicts: ["runtime_error"],
      says: ["Operation not permitted"]),
    EscapeAttempt(
      name: "reboots", program: systemCall("reboot(0x01234567)"), verdicts: ["runtime_error"],
      says: ["Operation not permitted"]),
    EscapeAttempt(
      name: "sets the clock", program: "import time\ntime.clock_settime(time.CLOCK_REALTIME, 0)",
      verdicts: ["runtime_error"], says: ["Operation not permitted"]),
    EscapeAttempt(
      name: "renames the machine", program: "import socket\nsocket.sethostname('mine')", verdicts: ["runtime_error"],
      says: ["Operation not permitted"]),
    EscapeAttempt(
      name: "reads the kernel's log", program: systemCall("klogctl(3, ctypes.create_string_buffer(100), 100)"),
      verdicts: ["runtime_error"], says: ["Operation not permitted"]),
    EscapeAttempt(
      name: "hides memory from its limit", program: systemCall("shmget(0, 1 << 20, 0o1600)"),
      verdicts: ["runtime_error"], says: ["Operation not permitted"]),
  ]

  /// Ends, or does not end, in an unusual manner.
  static let ending: [EscapeAttempt] = [
    EscapeAttempt(
      name: "leaves a child that holds its output",
      program: """
        import os, time
        if os.fork() == 0:
            time.sleep(1000)
        print('done')
        """,
      verdicts: ["accepted"]),
    EscapeAttempt(
      name: "closes its output and goes on",
      program: "import os, time\nos.close(1)\nos.close(2)\ntime.sleep(1000)", verdicts: ["time_limit"],
      limits: limits(wallSeconds: 0.6)),
    EscapeAttempt(
      name: "closes its output and ends", program: "import os\nos.close(1)", expected: "", verdicts: ["accepted"]),
    EscapeAttempt(
      name: "writes what is no text",
      program: "import sys\nsys.stdout.buffer.write(b'\\xff\\xfe\\x00done\\n')", verdicts: ["wrong_answer"],
      says: ["\u{FFFD}"]),
    EscapeAttempt(
      name: "ignores every signal",
      program: """
        import signal, time
        for number in range(1, 32):
            if number not in (signal.SIGKILL, signal.SIGSTOP):
                try: signal.signal(number, signal.SIG_IGN)
                except OSError: pass
        while True: time.sleep(1)
        """,
      verdicts: ["time_limit"], limits: limits(wallSeconds: 0.8)),
    EscapeAttempt(
      name: "kills itself", program: "import os\nos.kill(os.getpid(), 9)", verdicts: ["runtime_error"],
      says: ["SIGKILL"]),
    EscapeAttempt(
      name: "fails on purpose", program: "import sys\nprint('so it is', file=sys.stderr)\nsys.exit(3)",
      verdicts: ["runtime_error"], says: ["so it is\nexit status 3"]),
  ]

  static let all = greedy + hiding + reaching + ending
}
