// SPDX-License-Identifier: Apache-2.0

import CSandbox
import Foundation
import Platform
import Synchronization

/// Bubblewrap: namespaces, so that a program sees a machine of its own.
struct Bubblewrap: Sendable {
  let executable: String
  /// True where root starts it: without a user namespace, and the program becomes a user that nobody else is.
  let changesUser: Bool
  private let filter: [UInt8]
  /// Whether this process may look at what programs have open; root in a container mostly may not.
  private let seesOpenFiles: Bool
  /// Tools that set what bubblewrap does not, inside; nil where they are not installed.
  private let changingUser: String?
  private let limitingProcesses: String?

  /// Where each program gets a control group of its own; nil where there are none.
  var groups: ControlGroups?
  /// Whether calls by which processes begin wait for the watcher.
  var holdsCalls = false

  /// nil if something it needs is not there, a limit on processes included.
  init?(changesUser: Bool) {
    guard let executable = installedTool("bwrap") else { return nil }
    self.executable = executable
    self.changesUser = changesUser
    filter = systemCallFilter(alone: false)
    seesOpenFiles = !changesUser || mayTrace()
    changingUser = installedTool("setpriv").map(realPath)
    limitingProcesses = installedTool("prlimit").map(realPath)
    if changesUser {
      guard geteuid() == 0, changingUser != nil else { return nil }
    } else {
      guard !isExemptFromProcessLimits(), limitingProcesses != nil else { return nil }
    }
  }

  var limitKeeping: LimitKeeping {
    LimitKeeping(
      countsProcesses: true, hasOwnScratch: true, seesOpenFiles: seesOpenFiles, filtersCalls: !filter.isEmpty,
      holdsCalls: holdsCalls, hasGroup: groups != nil)
  }

  func supervision(
    of program: ContainedProgram, input: Descriptor, limits: RunLimits
  ) throws(SandboxError) -> Supervision {
    let (status, refusal) = (try Pipe(), try Pipe())
    let watchdog = try Watchdog(status: status.reading, wallSeconds: limits.wallSeconds)
    var descriptors: [Descriptor] = []
    func handOn(_ descriptor: Descriptor) -> String {
      descriptors.append(descriptor)
      return String(2 + descriptors.count)
    }
    let toolFolders = program.toolchain?.folders ?? []
    var arguments = [executable, "--json-status-fd", handOn(status.writing)]
    arguments += ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--as-pid-1"]
    arguments += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    if !changesUser { arguments += ["--unshare-user", "--uid", "1000", "--gid", "1000"] }
    arguments += Self.systemArguments + Self.arguments(showing: toolFolders)
    arguments += ["--proc", "/proc", "--remount-ro", "/proc"] + Self.devices
    arguments += ["--perms", "1777", "--size", String(limits.scratchBytes), "--tmpfs", "/scratch"]
    arguments += ["--dir", "/program", "--perms", "0555"]
    arguments += ["--file", handOn(try program.file.reopened()), "/program/\(program.fileName)"]
    // Bubblewrap's own first folder is in memory and writable; the scratch folder is a mount of its own.
    arguments += ["--remount-ro", "/", "--chdir", "/scratch", "--cap-drop", "ALL"]
    if changesUser { arguments += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] }
    if !filter.isEmpty { arguments += ["--seccomp", handOn(try .memoryFile(filter))] }
    arguments += ["--"] + Self.firstProcess(refusingOn: handOn(refusal.writing))
    arguments += wrapper(limits) + program.command(in: "/program")

    var launch = Launch(
      path: executable, arguments: arguments,
      environment: basicEnvironment(home: "/scratch") + program.environment, descriptors: descriptors,
      limits: processLimits(
        limits, extraProcesses: changesUser ? 1 : nil, programBytes: try program.file.byteCount()))
    launch.group = try groups?.group(limits: limits, watchdog: watchdog)
    if holdsCalls { launch.held = .starts }
    return Supervision(
      launch: launch, kind: .bubblewrap(status: status, refusal: refusal, seesOpenFiles: seesOpenFiles), input: input,
      limits: limits, watchdog: watchdog)
  }

  /// The first process inside, in the place of bubblewrap's own, which nobody waits for: its end is then the end of all
  /// others, and the processor time of all comes back with it. What a shell says of signals is of no interest.
  ///
  /// - Parameter descriptor: written to where the shell may not start another process, and ends; one digit.
  private static func firstProcess(refusingOn descriptor: String) -> [String] {
    let program = "\"$0\" \"$@\" 2>&3 3>&- \(descriptor)>&-"
    return [
      "/bin/sh", "-c",
      "exec 3>&2 2>/dev/null; trap 'echo >&\(descriptor)' EXIT; \(program); s=$?; trap - EXIT; exit $s",
    ]
  }

  /// The command that begins inside, before the program.
  private func wrapper(_ limits: RunLimits) -> [String] {
    if changesUser, let changingUser {
      let user = String(unusedUser())
      return [changingUser, "--reuid", user, "--regid", user, "--clear-groups", "--inh-caps=-all", "--"]
    }
    guard let limitingProcesses else { return [] }
    // Processes are counted for each user and namespace; this one's first is the shell. Set any earlier, the
    // limit would count all of the user's processes. It cannot be raised beyond the user's own.
    let most = min(limits.processes + 2, ResourceLimit.processes.most.map(Int.init(clamping:)) ?? .max)
    return [limitingProcesses, "--nproc=\(most):\(most)", "--"]
  }

  /// Not bubblewrap's own choice, which has /dev/zero too: shared memory of it is resident in no process.
  private static let devices: [String] =
    ["--perms", "0755", "--dir", "/dev"]
    + ["null", "full", "random", "urandom"].flatMap { ["--dev-bind", "/dev/\($0)", "/dev/\($0)"] }
    + [("/proc/self/fd", "fd"), ("fd/0", "stdin"), ("fd/1", "stdout"), ("fd/2", "stderr")].flatMap { target, name in
      ["--symlink", target, "/dev/\(name)"]
    }

  private static let systemArguments: [String] = {
    let files = FileManager.default
    var arguments: [String] = []
    for folder in systemFolders where files.fileExists(atPath: folder) {
      if let target = try? files.destinationOfSymbolicLink(atPath: folder) {
        arguments += ["--symlink", target, folder]
      } else {
        arguments += ["--ro-bind", folder, folder]
      }
    }
    // Made by hand, since bubblewrap would close it to other users.
    arguments += ["--perms", "0755", "--dir", "/etc"]
    for path in systemSettings { arguments += ["--ro-bind-try", path, path] }
    return arguments
  }()

  /// The folders on the way to a tool are made first, empty: by itself, bubblewrap would close them to other users.
  private static func arguments(showing paths: [String]) -> [String] {
    var arguments: [String] = []
    for path in paths {
      var way = ""
      for part in path.split(separator: "/").dropLast() {
        way += "/" + part
        arguments += ["--perms", "0755", "--dir", way]
      }
      arguments += ["--ro-bind", path, path]
    }
    return arguments
  }
}

/// A filter of system calls for this processor; empty where there is none.
func systemCallFilter(alone: Bool) -> [UInt8] {
  let capacity = Int(csb_filter_capacity)
  return Array(unsafeUninitializedCapacity: capacity) { buffer, count in
    count = csb_filter(alone, buffer.baseAddress, capacity)
  }
}

private let usersGiven = Atomic<UInt32>(0)

/// A user that no program and nobody else is: limits that count a user's processes then count this program's.
func unusedUser() -> UInt32 {
  let number = usersGiven.wrappingAdd(1, ordering: .relaxed).newValue
  return 1_880_000_000 + UInt32(getpid() % 100_000) * 1000 + number % 1000
}

/// True if the kernel counts no processes of this user against limits. It does not for the machine's real root, whose
/// programs must therefore become somebody else: only watched, a program that forks without end outgrows its watcher.
private func isExemptFromProcessLimits() -> Bool {
  guard geteuid() == 0 else { return false }
  let map = (try? String(contentsOfFile: "/proc/self/uid_map", encoding: .utf8)) ?? ""
  let numbers = map.split(whereSeparator: \.isWhitespace)
  return numbers.count < 2 || numbers[1] == "0"
}
