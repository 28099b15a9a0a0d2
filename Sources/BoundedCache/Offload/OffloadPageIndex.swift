// SPDX-License-Identifier: Apache-2.0

/// Which pages an offload file holds, head by head, and which gives way next (`PageThinning`): 40 bytes of memory a
/// page.
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
    /// How firmly the page stays (`PageThinning`).
    var priority: Float = 0
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

  /// The slot for a new page, which another one may have to leave; nil where the new page has the lowest priority.
  mutating func slot(forPriority priority: Float, head: Int) -> Int? {
    if counts[head] < slotsPerHead { return counts[head] }
    let candidate = lowest[head] ?? findLowest(head)
    lowest[head] = candidate
    return priority > self[head, candidate].priority ? candidate : nil
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
    for slot in 1..<max(slotsPerHead, 1) where self[head, slot].priority < self[head, found].priority { found = slot }
    return found
  }
}
