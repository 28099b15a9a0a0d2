import CSandbox
import Foundation

/// What can be had without namespaces: Landlock for files, a filter of system calls for the network and other
/// processes, limits, and the process group to end it all by.
struct LimitsOnly: Sendable {
  /// 0: none.
  let landlockVersion: Int32
  private let filter: [UInt8]
  /// True where root runs it, so that the program can be another user.
  private let isRoot = geteuid() == 0

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

  /// What a program can do here and could not do with namespaces.
  var lacking: [String] {
    var lacking = ["it can see names, sizes and dates of files, not what is in them"]
    lacking.append("its scratch folder is on the disk and only watched")
    if landlockVersion < 3 { lacking.append("it can empty files that it cannot read") }
    if landlockVersion < 6 { lacking.append("it can send signals to your other processes") }
    return lacking
  }

  func supervision(
    of program: ContainedProgram, input: Descriptor, limits: RunLimits
  ) throws(SandboxError) -> (Supervision, ScratchFolder) {
    let toolFolders = program.toolchain?.folders ?? []
    let user = isRoot && toolFolders.allSatisfy(isOpenToOthers) ? unusedUser() : 0
    let folder = try ScratchFolder(user: user)
    try folder.add(try program.file.contents(), name: program.fileName)
    var launch = plainLaunch(program, in: folder, limits: limits)
    // Counted for each user: only where the program is the one process of its own.
    launch.limits = processLimits(limits, extraProcesses: user != 0 ? 1 : nil)
    launch.user = user
    launch.dropsCapabilities = isRoot
    launch.filter = filter
    launch.ruleset = try ruleset(reading: toolFolders + [folder.program], writing: folder.scratch)
    let kind = Supervision.Kind.group(scratch: folder.scratch)
    return (Supervision(launch: launch, kind: kind, input: input, limits: limits), folder)
  }

  private func ruleset(reading: [String], writing: String) throws(SandboxError) -> Descriptor {
    let number = csb_landlock_ruleset(landlockVersion)
    if number < 0 { throw .system(call: "landlock_create_ruleset", detail: errorText(-number)) }
    let ruleset = Descriptor(number)
    func allow(_ path: String, isWritable: Bool) throws(SandboxError) {
      let error = csb_landlock_allow(ruleset.number, landlockVersion, path, isWritable)
      if error != 0 { throw .system(call: "landlock_add_rule", detail: "\(path): \(errorText(error))") }
    }
    let devices = ["/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"]
    for path in systemFolders + systemSettings + devices + reading { try allow(path, isWritable: false) }
    for path in ["/dev/null", writing] { try allow(path, isWritable: true) }
    return ruleset
  }
}

/// Starts a program in its folder, with nothing that would contain it but limits of each process.
func plainLaunch(_ program: ContainedProgram, in folder: ScratchFolder, limits: RunLimits) -> Launch {
  let command = program.command(in: folder.program)
  return Launch(
    path: command[0], arguments: command,
    environment: basicEnvironment(home: folder.scratch) + program.environment, folder: folder.scratch,
    limits: processLimits(limits, extraProcesses: nil))
}

/// Whether other users may pass through all folders on the way to a path.
private func isOpenToOthers(_ path: String) -> Bool {
  var way = ""
  for part in path.split(separator: "/") {
    way += "/" + part
    var status = stat()
    guard stat(way, &status) == 0, status.st_mode & S_IXOTH != 0 else { return false }
  }
  return true
}
