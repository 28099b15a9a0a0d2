// SPDX-License-Identifier: Apache-2.0

import Platform

/// What a program's processes take together at a moment.
struct TreeUsage: Equatable {
  /// Processes and threads.
  var tasks = 0
  var residentBytes = 0
  /// Of those that live and of those that their parents have waited for.
  var cpuSeconds: Double = 0
  /// The processes that were looked at.
  var processes: [pid_t] = []
}

/// The processes that belong to a program.
enum ProcessTree: Sendable, Equatable {
  /// Everything below the first process of bubblewrap's process namespace.
  case belowBubblewrap(pid_t)
  /// Everything in a process group.
  case group(pid_t)

  /// Kills all of it.
  func kill() {
    switch self {
    case .belowBubblewrap(let monitor):
      // The namespace's first process: the kernel ends all others with it, and the monitor then reports and ends.
      let inside = children(of: monitor)
      for process in inside { Platform.kill(process, SIGKILL) }
      if inside.isEmpty { Platform.kill(monitor, SIGKILL) }
    case .group(let leader):
      Platform.kill(-leader, SIGKILL)
    }
  }

  /// What it takes now. Memory that several processes share is counted once if it matters, that is, if the plain sum
  /// is above `memoryLimit`. With more than `taskLimit` tasks nobody asks for the rest: a tree that grows faster than
  /// it can be counted must not keep the counting going. Members of a group whose parents are gone are found only
  /// `includingOrphans`, by reading about every process of the machine.
  func usage(memoryLimit: Int, taskLimit: Int, includingOrphans: Bool) -> TreeUsage {
    var usage = TreeUsage()
    func add(_ status: ProcessStatus, of process: pid_t) {
      usage.processes.append(process)
      usage.tasks += status.threads
      usage.residentBytes += status.residentBytes
      usage.cpuSeconds += status.cpuSeconds
    }
    var waiting: [pid_t] = []
    switch self {
    case .belowBubblewrap(let monitor):
      waiting = children(of: monitor).flatMap { first in
        // The namespace's first process is not the program's, but what it waited for is.
        usage.cpuSeconds += ProcessStatus(first)?.cpuSeconds ?? 0
        return children(of: first)
      }
    case .group(let leader) where !includingOrphans:
      waiting = [leader]
    case .group(let leader):
      for process in allProcesses() where usage.tasks <= taskLimit {
        guard let status = ProcessStatus(process), status.group == leader else { continue }
        add(status, of: process)
      }
    }
    while usage.tasks <= taskLimit, let process = waiting.popLast() {
      guard let status = ProcessStatus(process) else { continue }
      add(status, of: process)
      waiting += children(of: process, threads: status.threads)
    }
    if usage.residentBytes > memoryLimit, usage.processes.count > 1 {
      // A process that has ended since takes nothing.
      usage.residentBytes = usage.processes.reduce(0) {
        $0 + (proportionalBytes($1) ?? ProcessStatus($1)?.residentBytes ?? 0)
      }
    }
    return usage
  }
}

extension ProcessTree {
  /// Files and folders in the scratch folder of a namespace, which is a file system of its own; nil if it cannot be
  /// looked at.
  func scratchEntries() -> Int? {
    guard case .belowBubblewrap(let monitor) = self, let first = children(of: monitor).first else { return nil }
    var status = statvfs()
    guard statvfs("/proc/\(first)/root/scratch", &status) == 0 else { return nil }
    return Int(clamping: status.f_files) - Int(clamping: status.f_ffree)
  }

  /// Processes and threads of a user, now.
  static func tasks(ofUser user: uid_t) -> Int {
    allProcesses().reduce(0) { count, process in
      var status = stat()
      guard stat("/proc/\(process)", &status) == 0, status.st_uid == user else { return count }
      return count + (ProcessStatus(process)?.threads ?? 0)
    }
  }
}

/// What `/proc/…/stat` says of a process.
struct ProcessStatus {
  /// True if it has ended and nobody has waited for it.
  var isZombie: Bool
  var group: pid_t
  var cpuSeconds: Double
  var threads: Int
  var residentBytes: Int

  private static let ticksPerSecond = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
  private static let pageBytes = max(1, sysconf(Int32(_SC_PAGESIZE)))

  /// nil if it is gone.
  init?(_ process: pid_t) {
    guard let text = kernelFile("/proc/\(process)/stat") else { return nil }
    self.init(text)
  }

  /// nil if the text is not what the kernel writes.
  init?(_ text: [UInt8]) {
    // The name stands in brackets and may hold anything, brackets too.
    guard let nameEnd = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let words = text[(nameEnd + 1)...].split(separator: UInt8(ascii: " "))
    let fields = words.map { Int(String(decoding: $0, as: UTF8.self)) }
    guard fields.count > 21, let group = fields[2], let threads = fields[17], let pages = fields[21] else { return nil }
    isZombie = words[0].elementsEqual("Z".utf8)
    self.group = pid_t(truncatingIfNeeded: group)
    self.threads = threads
    residentBytes = pages * Self.pageBytes
    // User and system time, of the process and of the children it waited for.
    cpuSeconds = Double(fields[11...14].reduce(0) { $0 + ($1 ?? 0) }) / Self.ticksPerSecond
  }
}

private func children(of process: pid_t, threads: Int = 1) -> [pid_t] {
  let tasks = threads > 1 ? numericNames(in: "/proc/\(process)/task") ?? [] : [process]
  return tasks.flatMap { task in
    let text = kernelFile("/proc/\(process)/task/\(task)/children") ?? []
    return text.split(separator: UInt8(ascii: " ")).compactMap { pid_t(String(decoding: $0, as: UTF8.self)) }
  }
}

private func allProcesses() -> [pid_t] { numericNames(in: "/proc") ?? [] }

/// nil, and `errno`, if the folder cannot be read.
func numericNames(in folder: String) -> [pid_t]? {
  guard let stream = opendir(folder) else { return nil }
  defer { closedir(stream) }
  var result: [pid_t] = []
  while let entry = readdir(stream) {
    let number = withUnsafeBytes(of: &entry.pointee.d_name) { name in
      pid_t(String(decoding: name.prefix { $0 != 0 }, as: UTF8.self))
    }
    if let number { result.append(number) }
  }
  return result
}

/// A process's share of memory: what it shares with n others counts for it by 1/n.
private func proportionalBytes(_ process: pid_t) -> Int? {
  guard let text = kernelFile("/proc/\(process)/smaps_rollup") else { return nil }
  for line in String(decoding: text, as: UTF8.self).split(separator: "\n") where line.hasPrefix("Pss:") {
    return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
  }
  return nil
}

/// More than that of one of the kernel's files is not read.
let mostBytesOfKernelFile = 1 << 20

/// The contents of one of the kernel's small files; nil, and `errno`, if it cannot be read.
func kernelFile(_ path: String) -> [UInt8]? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var result: [UInt8] = []
  let read = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer -> Bool in
    while result.count < mostBytesOfKernelFile {
      let count = Platform.read(descriptor, buffer.baseAddress, buffer.count)
      if count < 0 { return false }
      if count == 0 { return true }
      result.append(contentsOf: buffer.prefix(count))
    }
    return true
  }
  return read ? result : nil
}
