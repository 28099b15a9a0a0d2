// SPDX-License-Identifier: Apache-2.0

import CSandbox
import Platform

/// Containment without namespaces: Landlock for files, a filter of system calls for the network and other
/// processes, limits, and the process group to end it all by.
struct Landlock: Sendable {
  /// 0: none.
  let landlockVersion: Int32
  private let filter: [UInt8]
  /// True where root runs it, so that the program has to be another user.
  let isRoot = geteuid() == 0
  /// Whether this process may look at what another user's processes have open; root in a container mostly may not.
  private let seesOthers = mayTrace()

  /// Where each program gets a control group of its own; nil where there are none.
  var groups: ControlGroups?
  /// Whether calls by which processes begin, and files are renamed, wait for the watcher.
  var holdsCalls = false

  init() {
    landlockVersion = csb_landlock_version()
    filter = systemCallFilter(alone: true)
  }

  /// nil if it holds well enough to run a program that nobody trusts; else what is missing.
  var obstacle: String? {
    if landlockVersion < 1 { return "this kernel has no Landlock" }
    if filter.isEmpty { return "there is no filter of system calls for this processor" }
    return nil
  }

  /// The gaps: a program can do this here and could not do it with namespaces.
  var lacking: [String] {
    var lacking = ["it can see names, sizes and dates of files, not what is in them"]
    lacking.append("it can see processes and their command lines, not what is in them")
    lacking.append("it can see your machine's network addresses and connections, and what is mounted")
    lacking.append("its scratch folder is on the disk and only watched")
    if isRoot, !seesOthers { lacking.append("it can keep files on the disk, while it runs, that are not counted") }
    if landlockVersion < 3 { lacking.append("it can empty files that it cannot read") }
    if landlockVersion < 6 { lacking.append("it can send signals to your other processes") }
    return lacking
  }

  var limitKeeping: LimitKeeping {
    LimitKeeping(
      countsProcesses: isRoot, hasOwnScratch: false, seesOpenFiles: !isRoot || seesOthers, filtersCalls: true,
      holdsCalls: holdsCalls, hasGroup: groups != nil)
  }

  func supervision(
    of program: ContainedProgram, input: Descriptor, limits: RunLimits
  ) throws(SandboxError) -> Supervision {
    let toolFolders = program.toolchain?.folders ?? []
    let user = isRoot ? unusedUser() : 0
    let watchdog = try Watchdog(status: nil, wallSeconds: limits.wallSeconds)
    let folder = try ScratchFolder(user: user, watchdog: watchdog)
    try folder.add(try program.file.contents(), name: program.fileName)
    var launch = plainLaunch(program, in: folder, limits: limits, isAlone: user != 0)
    launch.user = user
    launch.filter = filter
    launch.group = try groups?.group(limits: limits, watchdog: watchdog)
    if holdsCalls { launch.held = .startsAndNames }
    launch.ruleset = try ruleset(reading: toolFolders + [folder.program], writing: folder.scratch)
    let scratch = Supervision.WatchedScratch(path: folder.scratch, seesOpenFiles: user == 0 || seesOthers)
    return Supervision(
      launch: launch, kind: .group(scratch: scratch), input: input, limits: limits, watchdog: watchdog)
  }

  private func ruleset(reading: [String], writing: String) throws(SandboxError) -> Descriptor {
    let number = csb_landlock_ruleset(landlockVersion)
    if number < 0 { throw .refused("landlock_create_ruleset", -number) }
    let ruleset = Descriptor(number)
    func allow(_ path: String, isWritable: Bool) throws(SandboxError) {
      let error = csb_landlock_allow(ruleset.number, landlockVersion, path, isWritable)
      if error != 0 { throw .refused("landlock_add_rule: \(path)", error) }
    }
    // Libraries of many languages read about their own process; about others Landlock leaves only what is no secret.
    let kernel = ["/proc", "/sys/devices/system/cpu"]
    // Not /dev/zero, which makes shared memory that is resident in no process.
    let devices = ["/dev/full", "/dev/random", "/dev/urandom"]
    for path in systemFolders + systemSettings + kernel + devices + reading { try allow(path, isWritable: false) }
    for path in ["/dev/null", writing] { try allow(path, isWritable: true) }
    return ruleset
  }
}

/// Whether this process has the capability to trace others, and so to see their open files.
func mayTrace() -> Bool {
  let status = String(decoding: kernelFile("/proc/self/status") ?? [], as: UTF8.self)
  guard
    let line = status.split(separator: "\n").first(where: { $0.hasPrefix("CapEff:") }),
    let mask = line.split(whereSeparator: \.isWhitespace).last.flatMap({ UInt64($0, radix: 16) })
  else { return false }
  let tracing: UInt64 = 1 << 19
  return mask & tracing != 0
}
