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
  /// be counted must not keep the counting going. Members of a group whose parents are gone are found only
  /// `includingOrphans`, by reading about every process of the machine.
  func usage(taskLimit: Int, includingOrphans: Bool) -> TreeUsage {
    var usage = TreeUsage()
    func add(_ status: ProcessStatus, of process: pid_t) {
      usage.processes.append(process)
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
  return tasks.flatMap { task in
    let text = kernelFile("/proc/\(process)/task/\(task)/children") ?? []
    return text.split(separator: UInt8(ascii: " ")).compactMap { pid_t(String(decoding: $0, as: UTF8.self)) }
  }
}

private func allProcesses() -> [pid_t] { numericNames(in: "/proc") ?? [] }

/// Resident memory of processes in bytes, where what several share counts once.
func residentBytesCountedOnce(of processes: [pid_t]) -> Int {
  // A process that has ended since takes nothing.
  separateMemories(of: processes).reduce(0) {
    $0 + (proportionalBytes($1) ?? ProcessStatus($1)?.residentBytes ?? 0)
  }
}

/// One process for each memory: a child by vfork has its parent's until it becomes a program of its own.
private func separateMemories(of processes: [pid_t]) -> [pid_t] {
  processes.enumerated().filter { index, process in
    !processes[..<index].contains { csb_shares_memory($0, process) }
  }.map(\.element)
}

/// A process's share of memory: what it shares with n others counts for it by 1/n.
private func proportionalBytes(_ process: pid_t) -> Int? {
  guard let task = livingTask(of: process), let text = kernelFile(task + "/smaps_rollup") else { return nil }
  for line in String(decoding: text, as: UTF8.self).split(separator: "\n") where line.hasPrefix("Pss:") {
    return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
  }
  return nil
}
