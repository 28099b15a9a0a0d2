#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The pages of one group of heads, in the order of the sequence.
///
/// A page is a block of memory that holds a few tokens' keys and values of every head of the group: head by head its
/// keys, then its values. Pages that are never written cost nothing where the system hands memory out late.
final class PageTable {
  /// Bytes of a page.
  let pageBytes: Int
  /// Pages in front of the sequence's, for what is recalled.
  let leadingPages: Int
  /// Where each page begins, those in front first.
  private(set) var base: UnsafeMutablePointer<UnsafeMutableRawPointer>
  /// Pages of the sequence.
  private(set) var pageCount = 0
  private var room: Int

  /// - Returns: nil where the system refuses memory.
  init?(pageBytes: Int, leadingPages: Int, pages: Int) {
    self.pageBytes = pageBytes
    self.leadingPages = leadingPages
    room = leadingPages + max(pages, 1)
    base = .allocate(capacity: room)
    var leading = 0
    while leading < leadingPages {
      guard let page = PageTable.allocate(pageBytes) else { break }
      (base + leading).initialize(to: page)
      leading += 1
    }
    guard leading == leadingPages, resize(to: pages) else {
      for index in 0..<leading { free(base[index]) }
      base.deallocate()
      return nil
    }
  }

  deinit {
    for index in 0..<leadingPages + pageCount { free(base[index]) }
    base.deallocate()
  }

  /// The sequence's pages alone.
  var sequence: UnsafeMutablePointer<UnsafeMutableRawPointer> { base + leadingPages }

  /// Takes memory for more pages, or gives back that of the last ones.
  ///
  /// - Returns: false where the system refuses; nothing has changed then.
  func resize(to pages: Int) -> Bool {
    while pageCount > pages {
      pageCount -= 1
      free(sequence[pageCount])
    }
    guard pages > pageCount else { return true }
    if leadingPages + pages > room {
      let larger = max(leadingPages + pages, 2 * room)
      let moved = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: larger)
      moved.moveInitialize(from: base, count: leadingPages + pageCount)
      base.deallocate()
      base = moved
      room = larger
    }
    let before = pageCount
    while pageCount < pages {
      guard let page = PageTable.allocate(pageBytes) else {
        while pageCount > before {
          pageCount -= 1
          free(sequence[pageCount])
        }
        return false
      }
      (sequence + pageCount).initialize(to: page)
      pageCount += 1
    }
    return true
  }

  /// Aligned to a cache line; nil where the system refuses, which `UnsafeMutableRawPointer.allocate` would trap on.
  private static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer? {
    var memory: UnsafeMutableRawPointer?
    return posix_memalign(&memory, 64, max(bytes, 64)) == 0 ? memory : nil
  }
}
