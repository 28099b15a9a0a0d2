// SPDX-License-Identifier: Apache-2.0

import CSandbox
import Platform

/// Resident memory of processes, where what several share counts once. Such a count walks through all pages of each
/// process, and waits for a process that is growing.
struct SharedMemoryCount {
  /// Of all processes, in bytes.
  private(set) var bytes = 0
  /// What they held without a file, as the same count found it.
  private(set) var floor = MemoryFloor()

  /// A process that ends while others are looked at leaves its part to them, where it may be missed: then all are
  /// looked at again.
  ///
  /// - Parameters:
  ///   - tree: the processes.
  ///   - usage: the same, as they were just found.
  ///   - enough: when there is more, nobody asks how much.
  init(of tree: ProcessTree, _ usage: TreeUsage, taskLimit: Int, enough: Int) {
    var usage = usage
    // Where starts are not held, processes may end in each count: then the last must do.
    for _ in 0..<Self.mostCounts {
      count(usage.processes, enough: enough)
      let after = tree.usage(taskLimit: taskLimit, asksAll: false, known: usage.processes)
      let isSettled = after.threads == usage.threads
      usage = after
      if isSettled { break }
    }
    bytes = max(bytes, usage.largestResidentBytes)
  }

  private mutating func count(_ processes: [pid_t], enough: Int) {
    bytes = 0
    var held: [pid_t: Int] = [:]
    var sharesHeld = 0
    for process in separateMemories(of: processes) where bytes <= enough {
      guard let task = livingTask(of: process), let text = kernelFile(task + "/smaps_rollup") else {
        // A process that has ended since takes nothing.
        bytes += ProcessStatus(process)?.residentBytes ?? 0
        continue
      }
      for line in text.split(separator: UInt8(ascii: "\n")) {
        // What is shared with n others counts for a process by 1/n.
        if let count = kibibytes(line, "Pss:") { bytes += count << 10 }
        if let count = kibibytes(line, "Pss_Anon:") { sharesHeld += count << 10 }
        if let count = kibibytes(line, "Anonymous:") { held[process] = count << 10 }
      }
    }
    floor = MemoryFloor(counted: sharesHeld, heldBytes: held)
  }

  private static let mostCounts = 4
}

/// One process for each memory: a child by vfork has its parent's until it becomes a program of its own.
func separateMemories(of processes: [pid_t]) -> [pid_t] {
  // In order, so that it is the same one in each look.
  let processes = processes.sorted()
  return processes.enumerated().filter { index, process in
    !processes[..<index].contains { csb_shares_memory($0, process) }
  }.map(\.element)
}
