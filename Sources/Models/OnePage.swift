import BoundedCache
import Compute

/// A cache whose heads lie each in one piece, as attention over pages sees it: a page table of one entry for each head.
final class OnePage {
  /// Rows of the page: more than there ever are.
  static let rows = 1 << 40

  private let table: UnsafeMutablePointer<UnsafeMutableRawPointer>

  init(heads: Int) { table = .allocate(capacity: heads) }

  deinit { table.deallocate() }

  func rows(of cache: KeyValueCache, layer: Int, head: Int, count: Int) -> PagedRows {
    let keys = UnsafeMutableRawPointer(cache.keys(layer: layer, head: head))
    let values = UnsafeMutableRawPointer(cache.values(layer: layer, head: head))
    (table + head).initialize(to: keys)
    return PagedRows(pages: table + head, keyOffset: 0, valueOffset: values - keys, count: count)
  }
}
