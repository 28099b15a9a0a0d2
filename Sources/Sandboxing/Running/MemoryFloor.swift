// SPDX-License-Identifier: Apache-2.0

import Platform

/// What a program's processes hold at least, of memory without a file. It is found without counting what they share,
/// which takes long where many share much.
///
/// A page that a process gets is no other's: it gets those of others only by being forked. So all processes
/// together hold as much more as each of them has gained.
package struct MemoryFloor {
  /// In bytes; 0: nothing is known.
  package private(set) var bytes = 0
  /// Of each process, when it was last looked at. One that came later adds nothing until it grows.
  private var heldBytes: [pid_t: Int] = [:]

  package init() {}

  /// - Parameters:
  ///   - bytes: of all processes together, what they share counted once.
  ///   - heldBytes: of each process by itself, seen in the same count.
  package init(counted bytes: Int, heldBytes: [pid_t: Int]) {
    self.bytes = bytes
    self.heldBytes = heldBytes
  }

  /// - Parameter heldBytes: of each process by itself, now. Processes that have one memory are to be given as one.
  package mutating func update(_ heldBytes: [pid_t: Int]) {
    let gained = self.heldBytes.reduce(0) { $0 + (heldBytes[$1.key] ?? 0) - $1.value }
    bytes = max(bytes + gained, heldBytes.values.max() ?? 0)
    self.heldBytes = heldBytes
  }

  /// Looks at the same processes again.
  mutating func update() {
    var current: [pid_t: Int] = [:]
    for process in heldBytes.keys { current[process] = bytesWithoutFile(process) }
    update(current)
  }

  /// Looks at these processes.
  mutating func update(separate processes: [pid_t]) {
    var current: [pid_t: Int] = [:]
    for process in processes { current[process] = bytesWithoutFile(process) }
    update(current)
  }
}

/// A process's resident memory that is no part of a file, in bytes; nil if it is gone. The kernel tells it without
/// waiting for the process, which may be growing.
private func bytesWithoutFile(_ process: pid_t) -> Int? {
  let bytes = bytesWithoutFile(in: "/proc/\(process)")
  // The first thread may have ended before the others.
  if bytes == 0, let task = livingTask(of: process) { return bytesWithoutFile(in: task) }
  return bytes
}

private func bytesWithoutFile(in folder: String) -> Int? {
  guard let text = kernelFile(folder + "/statm") else { return nil }
  // Pages: all, resident, resident of files, and more.
  let fields = text.split(separator: UInt8(ascii: " "), maxSplits: 3).map { Int(String(decoding: $0, as: UTF8.self)) }
  guard fields.count > 2, let resident = fields[1], let ofFiles = fields[2] else { return nil }
  return max(0, resident - ofFiles) * bytesOfPage
}

private let bytesOfPage = max(1, sysconf(Int32(_SC_PAGESIZE)))
