// SPDX-License-Identifier: Apache-2.0

import Platform

/// Pages of one size that are added and freed at one end.
///
/// Those that are added together are mapped as one run of addresses. The system hands memory out when a page is first
/// written, so pages that are never written cost next to nothing, however many they are.
struct PageRuns {
  private struct Run {
    let memory: UnsafeMutableRawPointer
    var pages: Int
    /// Bytes mapped: whole pages of the system.
    var bytes: Int
  }

  /// Bytes from one page to the next: whole cache lines.
  private let stride: Int
  private var runs: [Run] = []
  /// Pages of all runs.
  private(set) var count = 0

  private static let systemPage = Int(sysconf(Int32(_SC_PAGESIZE)))

  init(pageBytes: Int) {
    stride = PageRuns.whole(64, for: max(pageBytes, 1))
  }

  /// Where each page begins.
  var addresses: [UnsafeMutableRawPointer] {
    runs.flatMap { run in (0..<run.pages).map { run.memory + $0 * stride } }
  }

  /// Adds pages until there are `wanted`, which hold zeros; does nothing where there are as many.
  ///
  /// - Returns: false where the system refuses; nothing has changed then.
  mutating func grow(to wanted: Int) -> Bool {
    guard wanted > count else { return true }
    let bytes = PageRuns.whole(PageRuns.systemPage, for: stride.multipliedSaturating(by: wanted - count))
    guard let memory = PageRuns.map(bytes) else { return false }
    runs.append(Run(memory: memory, pages: wanted - count, bytes: bytes))
    count = wanted
    return true
  }

  /// Frees the last pages until `wanted` are left; does nothing where there are no more.
  mutating func shrink(to wanted: Int) {
    while let run = runs.last, count > wanted {
      let left = max(run.pages - (count - wanted), 0)
      let kept = left == 0 ? 0 : PageRuns.whole(PageRuns.systemPage, for: left * stride)
      if kept < run.bytes { munmap(run.memory + kept, run.bytes - kept) }
      count -= run.pages - left
      runs[runs.count - 1].pages = left
      runs[runs.count - 1].bytes = kept
      if left == 0 { runs.removeLast() }
    }
  }

  /// Whether the system would map this many bytes at once.
  static func isAvailable(_ bytes: Int) -> Bool {
    guard let memory = map(max(bytes, 1)) else { return false }
    munmap(memory, max(bytes, 1))
    return true
  }

  private static func map(_ bytes: Int) -> UnsafeMutableRawPointer? {
    guard bytes < .max else { return nil }
    let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    return memory == MAP_FAILED ? nil : memory
  }

  /// The next multiple of `unit`; `Int.max` where it is larger than that.
  private static func whole(_ unit: Int, for bytes: Int) -> Int {
    bytes > .max - unit ? .max : (bytes + unit - 1) / unit * unit
  }
}
