// SPDX-License-Identifier: Apache-2.0

/// The page tables of a fork: for each group of heads the pages of the cached tokens, then pages of the fork's own.
///
/// Cached pages are shared by their addresses. Only the last one, where it is not full, is copied, because the fork
/// writes its first tokens into it.
final class ForkPages {
  /// Tokens of the fork's own.
  var used = 0
  /// Of each group, slots of cached tokens.
  let cachedSlots: [Int]
  /// Of each group, the address of each page of its table, the leading ones first.
  private var tables: [UnsafeMutablePointer<UnsafeMutableRawPointer>] = []
  private var runs: [PageRuns] = []
  private let leadingPages: Int

  /// - Parameters:
  ///   - store: has the cached tokens.
  ///   - used: slots of each group that are in use.
  ///   - capacity: the most tokens of the fork's own.
  /// - Throws: `cannotAllocate`.
  init(of store: PageStore, used: [Int], capacity: Int) throws(CacheError) {
    cachedSlots = used
    leadingPages = store.leadingPages
    for (table, slots) in zip(store.tables, used) {
      let shared = leadingPages + slots / PageStore.pageTokens
      let pages = PageStore.pages(for: slots % PageStore.pageTokens + capacity)
      var own = PageRuns(pageBytes: table.pageBytes)
      guard own.grow(to: pages) else {
        throw .cannotAllocate(
          tokens: capacity, bytes: store.shape.bytesPerToken(store.type).multipliedSaturating(by: capacity))
      }
      runs.append(own)
      let addresses = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: max(shared + pages, 1))
      addresses.initialize(from: table.base, count: shared)
      for (index, address) in own.addresses.enumerated() { (addresses + shared + index).initialize(to: address) }
      if slots % PageStore.pageTokens > 0, pages > 0 {
        addresses[shared].copyMemory(from: table.base[shared], byteCount: table.pageBytes)
      }
      tables.append(addresses)
    }
    store.add(self)
  }

  deinit {
    for index in runs.indices { runs[index].shrink(to: 0) }
    for table in tables { table.deallocate() }
  }

  /// The pages of a group's sequence; the leading ones stand in front of it.
  func sequence(ofGroup group: Int) -> UnsafeMutablePointer<UnsafeMutableRawPointer> { tables[group] + leadingPages }

  /// The slots of a group in pages of the fork's own that are in use.
  func ownSlots(ofGroup group: Int) -> Range<Int> {
    let cached = cachedSlots[group]
    return cached / PageStore.pageTokens * PageStore.pageTokens..<cached + used
  }
}
