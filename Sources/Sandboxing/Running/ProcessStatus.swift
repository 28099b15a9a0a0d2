// SPDX-License-Identifier: Apache-2.0

import Platform

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
