// SPDX-License-Identifier: Apache-2.0

/// Which pages a offload file holds, head by head, and which has to give way: 32 bytes of memory a page.
///
/// When a head's slots are full, the archive is thinned out evenly over the stream. Page n has the rank n·φ modulo 1, φ
/// being the golden ratio's fraction, and the pages with the highest ranks stay. The numbers n whose rank exceeds a
/// threshold lie in at most three different distances from each other, whatever the threshold; so at any time what is
/// held is spread almost evenly from the stream's first minute to the last. And φ is near no fraction of small numbers,
/// so of the pages that each frame fills, all go on being held alike; were every second page dropped instead, the same
/// part of every picture might be lost. A page whose rank is too low is never written: over a long stream of N pages, S
/// slots see S·ln(N/S) writes after the first S, not N.
///
/// Dropping the oldest would turn the archive into a longer sliding window. Dropping what resembles its neighbours most
/// would compare pages that hold different places of the picture.
struct OffloadDirectory {
  struct Entry {
    /// The page's number in its head; 0 for an empty slot.
    var page: Int = 0
    var firstFrame: Int64 = 0
    var checksum: UInt64 = 0
    /// Where the first frame stands on the timeline to which the page's keys are turned.
    var position: Int32 = 0
    var count: Int32 = 0
  }

  let slotsPerHead: Int
  private var entries: [Entry]
  private(set) var held: [Int]
  /// For each head, the slot of the page that gives way next; nil where it has to be looked for.
  private var lowest: [Int?]

  init(heads: Int, slotsPerHead: Int) {
    self.slotsPerHead = slotsPerHead
    entries = Array(repeating: Entry(), count: heads * slotsPerHead)
    held = Array(repeating: 0, count: heads)
    lowest = Array(repeating: nil, count: heads)
  }

  subscript(head: Int, slot: Int) -> Entry { entries[head * slotsPerHead + slot] }

  /// The slot for a page, which may hold another one still; nil when the page has the lowest rank of all.
  mutating func slot(for page: Int, head: Int) -> Int? {
    if held[head] < slotsPerHead {
      // Slots fill in order, except where a file was opened with torn pages.
      if self[head, held[head]].page == 0 { return held[head] }
      return (0..<slotsPerHead).first { self[head, $0].page == 0 }
    }
    let candidate = lowest[head] ?? findLowest(head)
    lowest[head] = candidate
    return OffloadDirectory.rank(page) > OffloadDirectory.rank(self[head, candidate].page) ? candidate : nil
  }

  mutating func set(_ entry: Entry, head: Int, slot: Int) {
    if self[head, slot].page == 0, entry.page != 0 { held[head] += 1 }
    if self[head, slot].page != 0, entry.page == 0 { held[head] -= 1 }
    entries[head * slotsPerHead + slot] = entry
    lowest[head] = nil
  }

  mutating func removeAll() {
    for index in entries.indices { entries[index] = Entry() }
    for head in held.indices {
      held[head] = 0
      lowest[head] = nil
    }
  }

  func slot(of page: Int, head: Int) -> Int? {
    (0..<slotsPerHead).first { self[head, $0].page == page }
  }

  private func findLowest(_ head: Int) -> Int {
    var found = 0
    for slot in 1..<max(slotsPerHead, 1)
    where OffloadDirectory.rank(self[head, slot].page) < OffloadDirectory.rank(self[head, found].page) { found = slot }
    return found
  }

  /// n·φ modulo 1, as a 64-bit fraction.
  static func rank(_ page: Int) -> UInt64 { UInt64(page) &* 0x9E37_79B9_7F4A_7C15 }
}
