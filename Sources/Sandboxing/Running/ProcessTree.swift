// SPDX-License-Identifier: Apache-2.0

import CSandbox
import Platform

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

  /// Its usage now. With more than `taskLimit` tasks nobody asks for the rest: a tree that grows faster than it can
  /// be counted must not keep the counting going.
  ///
  /// A process that ends while others are looked at leaves its children to one that has been looked at already.
  /// Therefore two looks must find the same processes; while starts are held, they do so in the end.
  ///
  /// - Parameters:
  ///   - asksAll: reads about every process of the machine, for members of a group that were missed all the same.
  ///   - known: processes that were found before. Members of a group are looked at again, wherever they belong now.
  func usage(taskLimit: Int, asksAll: Bool, known: [pid_t]) -> TreeUsage {
    var usage = look(taskLimit: taskLimit, asksAll: asksAll, known: known)
    for _ in 0..<Self.mostLooks where usage.tasks <= taskLimit {
      let next = look(taskLimit: taskLimit, asksAll: false, known: usage.processes)
      if next.threads.allSatisfy({ usage.threads[$0] == $1 }) { break }
      usage = next
    }
    return usage
  }

  private static let mostLooks = 8

  private func look(taskLimit: Int, asksAll: Bool, known: [pid_t]) -> TreeUsage {
    var usage = TreeUsage()
    func add(_ status: ProcessStatus, of process: pid_t) {
      guard usage.threads.updateValue(status.isEnding ? 0 : status.threads, forKey: process) == nil else { return }
      usage.tasks += status.threads
      usage.residentBytes += status.residentBytes
      usage.largestResidentBytes = max(usage.largestResidentBytes, status.residentBytes)
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
    case .group(let leader) where !asksAll:
      let others = Set(adoptedChildren() + known).subtracting([leader])
      waiting = [leader] + others.filter { ProcessStatus($0)?.group == leader }
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

private func children(of process: pid_t, threads: Int = 1) -> [pid_t] {
  let tasks = threads > 1 ? numericNames(in: "/proc/\(process)/task") ?? [] : [process]
  return tasks.flatMap { processNumbers(kernelFile("/proc/\(process)/task/\($0)/children") ?? []) }
}

/// Children of this process that others have left it: all of one thread, the first that has not ended. The kernel lists
/// threads in their order, the first first. Their numbers are in no order: a later one is smaller, once the numbers of
/// processes have started over. The thread that watches a program has started it, and so has what the program starts
/// in its place (`CLONE_PARENT`).
private func adoptedChildren() -> [pid_t] {
  let process = getpid()
  let first = numericNames(in: "/proc/self/task")?.first { task in
    kernelFile("/proc/self/task/\(task)/stat").flatMap { ProcessStatus($0) }?.isEnding == false
  }
  return Set([first ?? process, csb_thread_number()])
    .flatMap { processNumbers(kernelFile("/proc/\(process)/task/\($0)/children") ?? []) }
}

private func processNumbers(_ text: [UInt8]) -> [pid_t] {
  text.split(separator: UInt8(ascii: " ")).compactMap { pid_t(String(decoding: $0, as: UTF8.self)) }
}

private func allProcesses() -> [pid_t] { numericNames(in: "/proc") ?? [] }
