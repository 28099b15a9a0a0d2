// SPDX-License-Identifier: Apache-2.0

import Compute

/// The cached tokens, their slots, and the rules that keep them within the budget. `KeyValueCache` is its facade.
///
/// Operations on one part alone are methods of the part. Operations on several parts are methods of the state, in the
/// folder of their subject: budgets in Compression, changes of the text in Text, re-indexing in Positions.
///
/// **A fork** (`KVFork`) is a continuation of the cached tokens that leaves them as they are: it shares their pages and
/// has pages and a recurrent state of its own. It is thrown away before the cache changes, so pages need no count of
/// owners. The text segment is the fork of the stream that lasts. `KeyValueCache.copy` makes a second cache that goes
/// its own way, in memory of its own.
struct CacheState {
  var layout: SegmentLayout
  var capacity: CacheCapacity
  var origins: VisionTokenOrigins
  var compressor: Compressor
  let store: PageStore
  /// Where evicted tokens go; nil drops them.
  let offload: OffloadTier?
  /// The states of layers without keys and values; nil where all layers have attention.
  let recurrent: RecurrentStates?
  /// Set while the newest temporal patch may be taken back.
  var provisional: ProvisionalPatch?

  /// An empty cache; the errors are those of `KeyValueCache`.
  init(shape: CacheShape, options: KVCacheOptions) throws(CacheError) {
    let (budget, isFull) = (options.budget, options.policy == .full)
    guard shape.bytesPerToken > 0 else { throw .invalidShape(shape) }
    guard budget > 0 else { throw .budgetTooSmall(budget: budget, least: 1) }
    try options.parameters.validate()
    // Asked before anything is allocated that grows with the number of heads.
    let tokens = isFull ? min(budget, PageStore.pageTokens) : budget
    let bytes = shape.bytesPerToken(options.type).multipliedSaturating(by: tokens)
    guard PageRuns.isAvailable(bytes) else { throw .cannotAllocate(tokens: tokens, bytes: bytes) }
    let groups = HeadGroups(shape: shape, budgets: options.heads)
    capacity = CacheCapacity(
      budget: budget, groups: groups, hasOffload: options.offload != nil, limit: options.limit)
    store = try PageStore(
      shape: shape, type: options.type, groups: groups.members,
      pages: isFull ? groups.indices.map { _ in 1 } : capacity.pages, leadingPages: capacity.leadingPages)
    layout = SegmentLayout(groups: groups, slots: isFull ? store.allocatedSlots : capacity.tokens)
    origins = VisionTokenOrigins(heads: shape.heads)
    compressor = Compressor(
      shape: shape, policy: options.policy, parameters: options.parameters, rotation: options.rotation)
    offload = options.offload.map { OffloadTier(file: $0, groups: groups.count) }
    recurrent = shape.isHybrid ? try RecurrentStates(count: shape.recurrentStateCount) : nil
  }

  /// The same contents in memory of their own.
  ///
  /// - Parameter offload: the copy's; nil retrieves nothing.
  /// - Throws: `cannotAllocate`.
  init(copying other: CacheState, offload: OffloadTier?) throws(CacheError) {
    layout = other.layout
    capacity = other.capacity
    origins = other.origins
    compressor = other.compressor.copy()
    store = try PageStore(
      copying: other.store, used: other.layout.groups.indices.map { other.layout.count(ofGroup: $0) })
    self.offload = offload
    recurrent = try other.recurrent?.copy()
    provisional = other.provisional
  }

  // MARK: Settings and counts

  var shape: CacheShape { store.shape }
  var policy: RetentionPolicy { compressor.policy }
  /// nil under `full`.
  var budget: Int? { policy == .full ? nil : capacity.budget }
  /// All cached tokens, retrieved ones included.
  var count: Int { layout.count + retrievedCount }

  /// Tokens retrieved for the text segment; the mean over all heads, rounded up.
  var retrievedCount: Int {
    guard let offload else { return 0 }
    return layout.groups.mean(offload.retrievedPages, unit: PageStore.pageTokens)
  }

  // MARK: Appending

  /// Claims slots for tokens, as `KeyValueCache.append` says.
  mutating func append(
    _ n: Int, to segment: CacheSegment, grid: GridTHW?, places: [Int32]?, advance: Int, retrieving: Bool
  ) throws(CacheError) {
    guard advance >= 0 else { throw .invalidCount(tokens: n, grid: grid) }
    try layout.check(appending: n, to: segment, grid: grid, places: places)
    if let budget, !canAppend(n) { throw .noCapacity(cached: count, adding: n, budget: budget) }
    try allocate(n)
    if retrieving, policy != .full, layout.patchGrid != nil {
      offload?.beginRetrieval(groups: layout.groups, limit: store.leadingPages, origins: origins)
    }
    if segment == .text, layout.textCount == 0 { recurrent?.forkText() }
    layout.append(n, to: segment, grid: grid, isSparse: places != nil, nextPatch: origins.next)
    guard let grid else { return }
    origins.append(
      temporalPatches: grid.temporalPatches, tokensPerTemporalPatch: grid.tokensPerTemporalPatch, places: places,
      advance: Int32(clamping: advance))
  }

  /// Whether `n` more tokens fit in every group of heads without compression.
  func canAppend(_ n: Int) -> Bool { policy == .full || layout.canAppend(n) }

  /// Allocates memory for `n` more tokens under `full`; a bounded cache has all its pages from the start.
  mutating func allocate(_ n: Int) throws(CacheError) {
    guard policy == .full else { return }
    let wanted = layout.groups.indices.map { PageStore.pages(for: layout.used(ofGroup: $0).addingSaturating(n)) }
    guard zip(wanted, store.tables).contains(where: { $0 > $1.pageCount }) else { return }
    // A quarter more, so that decoding does not ask for each page by itself.
    let pages = zip(wanted, store.tables).map { $0 > $1.pageCount ? $0.addingSaturating($0 / 4) : $1.pageCount }
    let tokens = count.addingSaturating(n)
    let bytes = tokens.multipliedSaturating(by: shape.bytesPerToken(store.type))
    guard bytes < .max, tokens <= capacity.limit, store.resize(toPages: pages, leadingPages: store.leadingPages) else {
      throw .cannotAllocate(tokens: tokens, bytes: bytes)
    }
    TextParking.resize(&layout, to: store.allocatedSlots, in: store)
  }

  /// Forgets all tokens.
  mutating func removeAll() {
    TextParking.discard(&layout, in: store)
    layout.removeAll()
    origins.removeAll()
    store.removeAll()
    compressor.removeAll()
    offload?.removeAll()
    recurrent?.removeAll()
    provisional = nil
  }
}
