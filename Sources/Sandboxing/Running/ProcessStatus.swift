// SPDX-License-Identifier: Apache-2.0

import Platform

/// The state of a process in `/proc/…/stat`.
package struct ProcessStatus {
  /// True from the moment its first thread ends. Other threads of it may go on.
  package var isEnding: Bool
  var group: pid_t
  var cpuSeconds: Double
  var threads: Int
  var residentBytes: Int

  private static let ticksPerSecond = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
  private static let pageBytes = max(1, sysconf(Int32(_SC_PAGESIZE)))

  /// The flag of a thread that ends (PF_EXITING).
  private static let ending = 0x4

  /// nil if it is gone.
  init?(_ process: pid_t) {
    guard let text = kernelFile("/proc/\(process)/stat") else { return nil }
    self.init(text)
    guard isEnding, threads > 1, let task = livingTask(of: process), let text = kernelFile(task + "/stat") else {
      return
    }
    // The first thread has let go of the memory that the others have.
    residentBytes = ProcessStatus(text)?.residentBytes ?? 0
  }

  /// nil if the text is not what the kernel writes.
  package init?(_ text: [UInt8]) {
    // The name stands in brackets and may hold anything, brackets too.
    guard let nameEnd = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let words = text[(nameEnd + 1)...].split(separator: UInt8(ascii: " "))
    let fields = words.map { Int(String(decoding: $0, as: UTF8.self)) }
    guard fields.count > 21, let group = fields[2], let threads = fields[17], let pages = fields[21] else { return nil }
    let state = String(decoding: words[0], as: UTF8.self)
    isEnding = ["Z", "X"].contains(state) || (fields[6] ?? 0) & Self.ending != 0
    self.group = pid_t(truncatingIfNeeded: group)
    self.threads = threads
    residentBytes = pages * Self.pageBytes
    // User and system time, of the process and of the children it waited for.
    cpuSeconds = Double(fields[11...14].reduce(0) { $0 + ($1 ?? 0) }) / Self.ticksPerSecond
  }
}

/// The kernel's folder about a thread of a process that has not ended: mostly the first, which is the process; nil if
/// all have.
func livingTask(of process: pid_t) -> String? {
  let folder = "/proc/\(process)"
  guard let text = kernelFile(folder + "/stat"), let status = ProcessStatus(text) else { return nil }
  if !status.isEnding { return folder }
  for task in numericNames(in: folder + "/task") ?? [] where task != process {
    let task = "\(folder)/task/\(task)"
    if let text = kernelFile(task + "/stat"), let status = ProcessStatus(text), !status.isEnding { return task }
  }
  return nil
}
