// SPDX-License-Identifier: Apache-2.0

import Platform

/// The pages of one group of heads, in the order of the sequence.
///
/// A page is a block of memory with a few tokens' keys and values of every head of the group: head by head its keys,
/// then its values. A page that is never written takes no memory where the system hands memory out on the first write.
///
/// Every page has one owner: a copy of the cache copies all of them. A fork that shares pages through their addresses
/// in several tables would copy the page that it writes to; a count of owners for each page belongs here.
final class PageTable {
  /// Bytes of a page.
  let pageBytes: Int
  /// Pages in front of those of the sequence, for what is retrieved.
  private(set) var leadingPages = 0
  /// Where each page begins, the leading ones first.
  private(set) var base: UnsafeMutablePointer<UnsafeMutableRawPointer>
  /// Pages of the sequence.
  private(set) var pageCount = 0

  /// - Returns: nil where the system refuses memory.
  init?(pageBytes: Int, leadingPages: Int, pages: Int) {
    self.pageBytes = pageBytes
    base = .allocate(capacity: 1)
    guard resize(to: pages, leadingPages: leadingPages) else { return nil }
  }

  /// The same pages in memory of their own.
  ///
  /// - Returns: nil where the system refuses memory.
  convenience init?(copying other: PageTable) {
    self.init(pageBytes: other.pageBytes, leadingPages: other.leadingPages, pages: other.pageCount)
    for index in 0..<leadingPages + pageCount { base[index].copyMemory(from: other.base[index], byteCount: pageBytes) }
  }

  deinit {
    for index in 0..<leadingPages + pageCount { free(base[index]) }
    base.deallocate()
  }

  /// The pages of the sequence alone.
  var sequence: UnsafeMutablePointer<UnsafeMutableRawPointer> { base + leadingPages }

  /// Allocates or frees pages: of the sequence at its end, of the leading ones at their beginning.
  ///
  /// - Returns: false where the system refuses; nothing has changed then. Freeing is never refused.
  func resize(to pages: Int, leadingPages leading: Int) -> Bool {
    let missing = max(leading - leadingPages, 0) + max(pages - pageCount, 0)
    guard PageTable.isAvailable(pageBytes.multipliedSaturating(by: missing)) else { return false }
    let resized = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: max(leading + pages, 1))
    var allocated: [UnsafeMutableRawPointer] = []
    while allocated.count < missing {
      guard let page = PageTable.allocate(pageBytes) else {
        for page in allocated { free(page) }
        resized.deallocate()
        return false
      }
      allocated.append(page)
    }
    for index in 0..<leading + pages {
      // Counted from the sequence's first page.
      let page = index - leading
      let exists = page >= -leadingPages && page < pageCount
      (resized + index).initialize(to: exists ? sequence[page] : allocated.removeLast())
    }
    for page in -leadingPages..<pageCount where page < -leading || page >= pages { free(sequence[page]) }
    base.deallocate()
    (base, leadingPages, pageCount) = (resized, leading, pages)
    return true
  }

  /// Whether the system would allocate this many bytes at once: what it refuses as a whole is not asked for page by
  /// page. It asks by `mmap`, because the compiler removes a `malloc` that is freed at once.
  static func isAvailable(_ bytes: Int) -> Bool {
    guard bytes < .max else { return false }
    let memory = mmap(nil, max(bytes, 1), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != MAP_FAILED else { return false }
    munmap(memory, max(bytes, 1))
    return true
  }

  /// Aligned to a cache line; nil where the system refuses, on which `UnsafeMutableRawPointer.allocate` would trap.
  private static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer? {
    var memory: UnsafeMutableRawPointer?
    return posix_memalign(&memory, 64, max(bytes, 64)) == 0 ? memory : nil
  }
}
