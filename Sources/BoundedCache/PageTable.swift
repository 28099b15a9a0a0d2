// SPDX-License-Identifier: Apache-2.0

import Platform

/// The pages of one group of heads, in the order of the sequence.
///
/// A page is a block of memory that holds a few tokens' keys and values of every head of the group: head by head its
/// keys, then its values. Pages that are never written cost nothing where the system hands memory out late.
final class PageTable {
  /// Bytes of a page.
  let pageBytes: Int
  /// Pages in front of the sequence's, for what is retrieved.
  private(set) var leadingPages = 0
  /// Where each page begins, those in front first.
  private(set) var base: UnsafeMutablePointer<UnsafeMutableRawPointer>
  /// Pages of the sequence.
  private(set) var pageCount = 0

  /// - Returns: nil where the system refuses memory.
  init?(pageBytes: Int, leadingPages: Int, pages: Int) {
    self.pageBytes = pageBytes
    base = .allocate(capacity: 1)
    guard resize(to: pages, leadingPages: leadingPages) else { return nil }
  }

  deinit {
    for index in 0..<leadingPages + pageCount { free(base[index]) }
    base.deallocate()
  }

  /// The sequence's pages alone.
  var sequence: UnsafeMutablePointer<UnsafeMutableRawPointer> { base + leadingPages }

  /// Takes memory for more pages, or gives back that of the last ones; of those in front, of the first.
  ///
  /// - Returns: false where the system refuses; nothing has changed then. Giving back is never refused.
  func resize(to pages: Int, leadingPages leading: Int) -> Bool {
    let coming = max(leading - leadingPages, 0) + max(pages - pageCount, 0)
    guard PageTable.isThere(pageBytes.multipliedSaturating(by: coming)) else { return false }
    let moved = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: max(leading + pages, 1))
    var made: [UnsafeMutableRawPointer] = []
    while made.count < coming {
      guard let page = PageTable.allocate(pageBytes) else {
        for page in made { free(page) }
        moved.deallocate()
        return false
      }
      made.append(page)
    }
    for index in 0..<leading + pages {
      // Counted from where the sequence begins.
      let slot = index - leading
      let isHeld = slot >= -leadingPages && slot < pageCount
      (moved + index).initialize(to: isHeld ? sequence[slot] : made.removeLast())
    }
    for slot in -leadingPages..<pageCount where slot < -leading || slot >= pages { free(sequence[slot]) }
    base.deallocate()
    (base, leadingPages, pageCount) = (moved, leading, pages)
    return true
  }

  /// Whether the system would hand out so much at once: what it refuses whole is not asked for piece by piece.
  static func isThere(_ bytes: Int) -> Bool {
    guard bytes < .max, let memory = malloc(max(bytes, 1)) else { return false }
    free(memory)
    return true
  }

  /// Aligned to a cache line; nil where the system refuses, which `UnsafeMutableRawPointer.allocate` would trap on.
  private static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer? {
    var memory: UnsafeMutableRawPointer?
    return posix_memalign(&memory, 64, max(bytes, 64)) == 0 ? memory : nil
  }
}
