// SPDX-License-Identifier: Apache-2.0

/// The pages of one group of heads, in the order of the sequence.
///
/// A page is a block of memory with a few tokens' keys and values of every head of the group: head by head its keys,
/// then its values. A page that is never written takes no memory (`PageRuns`).
///
/// Every page has one owner: a copy of the cache copies those in use. Forks read pages through their addresses in
/// tables of their own, for as long as the cache does not change (`ForkPages`).
final class PageTable {
  /// Bytes of a page.
  let pageBytes: Int
  /// Where each page begins, the leading ones first.
  private(set) var base: UnsafeMutablePointer<UnsafeMutableRawPointer>
  private var sequenceRuns: PageRuns
  /// The one next to the sequence first.
  private var leadingRuns: PageRuns

  /// - Returns: nil where the system refuses memory.
  init?(pageBytes: Int, leadingPages: Int, pages: Int) {
    self.pageBytes = pageBytes
    base = .allocate(capacity: 1)
    sequenceRuns = PageRuns(pageBytes: pageBytes)
    leadingRuns = PageRuns(pageBytes: pageBytes)
    guard resize(to: pages, leadingPages: leadingPages) else { return nil }
  }

  /// The same pages in memory of their own. Of the sequence, only some are copied; the others hold zeros.
  ///
  /// - Returns: nil where the system refuses memory.
  convenience init?(copying other: PageTable, pages: [Range<Int>]) {
    self.init(pageBytes: other.pageBytes, leadingPages: other.leadingPages, pages: other.pageCount)
    for page in ([-leadingPages..<0] + pages).joined() {
      sequence[page].copyMemory(from: other.sequence[page], byteCount: pageBytes)
    }
  }

  deinit {
    sequenceRuns.shrink(to: 0)
    leadingRuns.shrink(to: 0)
    base.deallocate()
  }

  /// Pages of the sequence.
  var pageCount: Int { sequenceRuns.count }

  /// Pages in front of those of the sequence, for retrieved tokens.
  var leadingPages: Int { leadingRuns.count }

  /// The pages of the sequence alone.
  var sequence: UnsafeMutablePointer<UnsafeMutableRawPointer> { base + leadingPages }

  /// Adds or frees pages: of the sequence at its end, of the leading ones at their beginning.
  ///
  /// - Returns: false where the system refuses; nothing has changed then. Freeing is never refused.
  func resize(to pages: Int, leadingPages leading: Int) -> Bool {
    let before = pageCount
    guard sequenceRuns.grow(to: pages) else { return false }
    guard leadingRuns.grow(to: leading) else {
      sequenceRuns.shrink(to: before)
      return false
    }
    sequenceRuns.shrink(to: pages)
    leadingRuns.shrink(to: leading)
    let resized = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: max(leading + pages, 1))
    for (index, address) in (leadingRuns.addresses.reversed() + sequenceRuns.addresses).enumerated() {
      (resized + index).initialize(to: address)
    }
    base.deallocate()
    base = resized
    return true
  }
}
