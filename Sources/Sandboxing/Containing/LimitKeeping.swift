// SPDX-License-Identifier: Apache-2.0

/// How each limit of a program is kept here.
public struct LimitKeeping: Sendable, Equatable {
  /// Limits that the kernel holds at every moment.
  public var hard: [String] = []
  /// Limits that are watched while the program runs, which is ended then: for a moment it can have more.
  public var watched: [String] = []
  /// Limits that nothing holds.
  public var missing: [String] = []
}

extension LimitKeeping {
  /// - Parameters:
  ///   - countsProcesses: the kernel counts the program's processes apart from its user's others.
  ///   - hasOwnScratch: the scratch folder is a file system of its own.
  ///   - seesOpenFiles: this process may look at what the program has open.
  ///   - holdsCalls: no process begins and no file is renamed while the program is looked at.
  init(
    countsProcesses: Bool, hasOwnScratch: Bool, seesOpenFiles: Bool, filtersCalls: Bool, holdsCalls: Bool,
    hasGroup: Bool
  ) {
    hard = ["size of a file", "open files and address space of each process"]
    watched = ["processor time", "elapsed time (20 times a second)", "output"]
    if hasGroup { hard.append("memory, with the scratch folder") }
    watched.insert("memory (100 times a second, less often where many processes share much)", at: 0)
    if !holdsCalls, !hasGroup { missing.append("memory that a process hands on to another and ends") }
    if countsProcesses || holdsCalls { hard.append("processes") } else { watched.append("processes") }
    if hasOwnScratch {
      hard.append("scratch folder")
    } else {
      watched.append("scratch folder (10 to 100 times a second)")
      if !holdsCalls { missing.append("files of the scratch folder that are moved while they are counted") }
      if !seesOpenFiles, !hasGroup { missing.append("files of the scratch folder that are open and have no name") }
    }
    if filtersCalls { hard.append("system calls") } else { missing.append("system calls") }
    if !seesOpenFiles { missing.append("memory of mappings and of buffers of pipes and sockets") }
  }
}
