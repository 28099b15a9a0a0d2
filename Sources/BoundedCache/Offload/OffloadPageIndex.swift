// SPDX-License-Identifier: Apache-2.0

/// Which pages an offload file holds, head by head, and which gives way next: 32 bytes of memory a page.
///
/// When a head's slots are full, its pages are thinned out evenly over the stream. Page n has the rank n·φ modulo 1, φ
/// being the fraction of the golden ratio, and the pages with the highest ranks stay. The numbers n whose rank exceeds any
/// threshold lie at no more than three different distances from each other (three-gap theorem), so at any time the pages
/// are spread almost evenly from the stream's first minute to the last. φ is far from every fraction of small integers, so
/// none of the pages that a temporal patch fills is preferred; if every second page were dropped instead, the same part of
/// every image might be lost. A page whose rank is too low is never written: over a stream of N pages, S slots see
/// S·ln(N/S) writes after the first S, not N.
///
/// Dropping the oldest pages would make the file a longer sliding window. Dropping those most similar to their neighbours
/// would compare pages of different patches.
struct OffloadPageIndex {
  struct Entry {
    /// The page's number in its head; 0 for an empty slot.
    var page: Int = 0
    /// The index of the first token's temporal patch in the stream.
    var firstStreamIndex: Int64 = 0
    /// The page's checksum.
    var checksum: UInt64 = 0
    /// The temporal position of the first token, when the page's keys were rotated.
    var position: Int32 = 0
    /// Tokens in the page.
    var count: Int32 = 0
  }

  let slotsPerHead: Int
  private var entries: [Entry]
  /// Of each head, its pages in the file.
  private(set) var counts: [Int]
  /// For each head, the slot of the page that gives way next; nil where it has to be looked for.
  private var lowest: [Int?]

  init(heads: Int, slotsPerHead: Int) {
    self.slotsPerHead = slotsPerHead
    entries = Array(repeating: Entry(), count: heads * slotsPerHead)
    counts = Array(repeating: 0, count: heads)
    lowest = Array(repeating: nil, count: heads)
  }

  subscript(head: Int, slot: Int) -> Entry { entries[head * slotsPerHead + slot] }

  /// The slot for a new page, which another one may have to leave; nil where the new page has the lowest rank.
  mutating func slot(for page: Int, head: Int) -> Int? {
    if counts[head] < slotsPerHead { return counts[head] }
    let candidate = lowest[head] ?? findLowest(head)
    lowest[head] = candidate
    return OffloadPageIndex.rank(page) > OffloadPageIndex.rank(self[head, candidate].page) ? candidate : nil
  }

  /// Takes note that a slot holds a page.
  mutating func set(_ entry: Entry, head: Int, slot: Int) {
    if self[head, slot].page == 0 { counts[head] += 1 }
    entries[head * slotsPerHead + slot] = entry
    lowest[head] = nil
  }

  mutating func removeAll() {
    for index in entries.indices { entries[index] = Entry() }
    for head in counts.indices {
      counts[head] = 0
      lowest[head] = nil
    }
  }

  /// The slot of a page; nil where it is not in the file.
  func slot(of page: Int, head: Int) -> Int? {
    (0..<slotsPerHead).first { self[head, $0].page == page }
  }

  private func findLowest(_ head: Int) -> Int {
    var found = 0
    for slot in 1..<max(slotsPerHead, 1)
    where OffloadPageIndex.rank(self[head, slot].page) < OffloadPageIndex.rank(self[head, found].page) { found = slot }
    return found
  }

  /// n·φ modulo 1, as a 64-bit fraction.
  static func rank(_ page: Int) -> UInt64 { UInt64(page) &* 0x9E37_79B9_7F4A_7C15 }
}
