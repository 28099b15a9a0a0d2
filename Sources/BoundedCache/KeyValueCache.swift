// SPDX-License-Identifier: Apache-2.0

import Compute

/// The KV cache of a decoder, within a budget of tokens.
///
/// The sequence is `[system | vision | text]`. When it would outgrow the budget, compression evicts tokens of the vision
/// segment in place: every key-value head retains its own, in stream order. Keys come rotated by RoPE, so a token keeps
/// its position until `compactPositions`. With head budgets, groups of heads cache more and others fewer tokens; a count
/// of tokens is then the mean over all heads. Memory is allocated once, for the budget. Under the policy `full` there is
/// no budget, and memory grows with the stream.
///
/// This class is a facade. Each part has one job and a folder of its own:
///
/// | part | job | folder |
/// |---|---|---|
/// | `SegmentLayout` | tokens of each segment, slots, captions | Layout |
/// | `CacheCapacity` | what a budget comes to, for each group of heads | Layout, HeadBudgets |
/// | `PageStore` | keys and values in pages: store, read, move | Storage |
/// | `Compressor` | policy, TaR, VaN, proxy queries: which tokens stay | Compression |
/// | `StreamOrigins` | where each token comes from; positions and their re-indexing | Positions |
/// | `TextParking` | the text segment while temporal patches are appended | Text |
/// | `OffloadTier` | evicted tokens in a file, retrieval for a question | Offload |
///
/// **A fork** of the cache, one stream with several continuations, is built here: `fork()` returns a second cache that
/// sees the same system prompt and vision tokens and appends text of its own. `layout`, `origins`, `capacity` and
/// `compressor` are values, so a fork copies them. `store` is the one part that is shared: its `PageTable`s have to count
/// the owners of each page, and copy the page that a fork's first text token is written to.
///
/// The cache has one owner. It must not be changed from two threads; several may read while nobody changes it.
public final class KeyValueCache {
  private(set) var layout: SegmentLayout
  private(set) var capacity: CacheCapacity
  private(set) var origins: StreamOrigins
  private(set) var compressor: Compressor
  let store: PageStore
  /// Where evicted tokens go; nil drops them.
  let offload: OffloadTier?
  /// How attention over each layer is divided among threads; empty until asked for.
  private var plans: [AttentionPlan] = []
  /// The most tokens ever cached at once since the start or the last `removeAll`.
  public private(set) var peakCount = 0

  /// - Parameters:
  ///   - budget: the most tokens that may be cached at any moment; under `full`, the budget that a later `setPolicy`
  ///     returns to.
  ///   - rotation: RoPE of a temporal position; without it, neither `compactPositions` nor the comparison of keys without
  ///     their rotation changes anything.
  ///   - type: how keys and values are stored.
  ///   - heads: budgets of the single heads; nil for equal ones.
  ///   - limit: the most tokens that may be cached under `full`.
  ///   - offload: a file for evicted tokens, laid out for this shape and rotation and pages of `pageTokens`.
  /// - Throws: `invalidShape`, `invalidParameter`, `unsupportedType`, `budgetTooSmall` for a budget below one token, or
  ///   `cannotAllocate`.
  public init(
    shape: CacheShape, budget: Int, policy: RetentionPolicy, parameters: InfiniPotVParameters = .published,
    rotation: RoPEFrequencies = RoPEFrequencies(frequencies: []), type: KeyValueType = .f16, heads: HeadBudgets? = nil,
    limit: Int = .max, offload: OffloadFile? = nil
  ) throws(CacheError) {
    guard shape.bytesPerToken > 0 else { throw .invalidShape(shape) }
    guard budget > 0 else { throw .budgetTooSmall(budget: budget, least: 1) }
    try parameters.validate()
    // Asked before anything is allocated that grows with the number of heads.
    let tokens = policy == .full ? min(budget, PageStore.pageTokens) : budget
    let bytes = shape.bytesPerToken(type).multipliedSaturating(by: tokens)
    guard PageTable.isAvailable(bytes) else { throw .cannotAllocate(tokens: tokens, bytes: bytes) }
    let groups = HeadGroups(shape: shape, budgets: heads)
    capacity = CacheCapacity(budget: budget, groups: groups, hasOffload: offload != nil, limit: limit)
    store = try PageStore(
      shape: shape, type: type, groups: groups.members,
      pages: policy == .full ? groups.indices.map { _ in 1 } : capacity.pages, leadingPages: capacity.leadingPages)
    layout = SegmentLayout(groups: groups, slots: policy == .full ? store.allocatedSlots : capacity.tokens)
    origins = StreamOrigins(heads: shape.heads)
    compressor = Compressor(shape: shape, policy: policy, parameters: parameters, rotation: rotation)
    self.offload = offload.map { OffloadTier(file: $0, groups: groups.count) }
  }

  /// Queries of likely questions, recorded before the first temporal patch; compression uses them where the parameters
  /// say so. nil until they are set.
  public var proxyQueries: ProxyQueries? {
    get { compressor.proxyQueries }
    set { compressor.proxyQueries = newValue }
  }

  // MARK: Appending

  /// Claims `n` slots at the end of a segment for tokens that the model is about to read.
  ///
  /// - Parameters:
  ///   - grid: of vision tokens, the temporal patches they make up; nil for text. Text in the vision segment is the
  ///     caption of the temporal patch that comes next.
  ///   - advance: positions by which each of these temporal patches, its caption included, moves the next one on.
  ///   - retrieving: the tokens' queries choose pages of evicted tokens from the offload file. The text segment sees
  ///     them until it is emptied, parked or chooses again.
  /// - Returns: where the tokens' keys and values go and what they may see; the caller stores them in every layer.
  /// - Throws: `noCapacity` beyond the budget (call `ensureCapacity` first), `outOfOrder` when a later segment has been
  ///   begun or text is parked, `gridChanged` for temporal patches of another size than those cached, `invalidCount`,
  ///   or `cannotAllocate` under `full`.
  @discardableResult
  public func append(
    _ n: Int, to segment: CacheSegment, grid: GridTHW? = nil, advance: Int = 1, retrieving: Bool = false
  ) throws(CacheError) -> KVAppend {
    guard advance >= 0 else { throw .invalidCount(tokens: n, grid: grid) }
    try layout.check(appending: n, to: segment, grid: grid)
    if let budget, !canAppend(n) { throw .noCapacity(cached: count, adding: n, budget: budget) }
    try allocate(n)
    if retrieving, policy != .full, layout.patchGrid != nil {
      offload?.beginRetrieval(groups: layout.groups, limit: store.leadingPages, origins: origins)
    }
    layout.append(n, to: segment, grid: grid, nextPatch: origins.next)
    if let grid {
      origins.append(
        temporalPatches: grid.temporalPatches, tokensPerTemporalPatch: grid.tokensPerTemporalPatch,
        advance: Int32(clamping: advance))
    }
    peakCount = max(peakCount, count)
    return KVAppend(cache: self, count: n, remaining: n, isRetrieving: retrieving, revision: layout.revision)
  }

  /// Whether `n` more tokens fit in every group of heads without compression.
  public func canAppend(_ n: Int) -> Bool { policy == .full || layout.canAppend(n) }

  /// Allocates memory for `n` more tokens under `full`; a bounded cache has all its memory from the start.
  private func allocate(_ n: Int) throws(CacheError) {
    guard policy == .full else { return }
    let wanted = layout.groups.indices.map { PageStore.pages(for: layout.used(ofGroup: $0).addingSaturating(n)) }
    guard zip(wanted, store.tables).contains(where: { $0 > $1.pageCount }) else { return }
    // A quarter more, so that decoding does not ask for each page by itself.
    let pages = zip(wanted, store.tables).map { $0 > $1.pageCount ? $0.addingSaturating($0 / 4) : $1.pageCount }
    let tokens = count.addingSaturating(n)
    let bytes = tokens.multipliedSaturating(by: shape.bytesPerToken(type))
    guard bytes < .max, tokens <= capacity.limit, store.resize(toPages: pages, leadingPages: store.leadingPages) else {
      throw .cannotAllocate(tokens: tokens, bytes: bytes)
    }
    TextParking.resize(&layout, to: store.allocatedSlots, in: store)
  }

  // MARK: Compression

  /// The smallest budget that holds the system prompt, the text, parked or not, one temporal patch and `n` more tokens.
  public func leastBudget(for n: Int = 0) -> Int { target(capacity).leastBudget(for: n) }

  /// Makes `n` more tokens fit, by a compression of the vision segment if they do not.
  ///
  /// A compression leaves `targetRatio` of the room that the system prompt and the text leave for vision tokens, in whole
  /// temporal patches, and less where `n` demands it. For a question (`.text`) at least one temporal patch's worth stays;
  /// temporal patches (`.vision`) may replace everything seen before them.
  ///
  /// - Returns: what the compression did; nil where none was needed.
  /// - Throws: `budgetTooSmall` with the smallest budget that works, or `cannotAllocate` under `full`. Nothing has changed
  ///   then.
  @discardableResult
  public func ensureCapacity(for n: Int, in segment: CacheSegment = .text) throws(CacheError) -> CompressionReport? {
    guard n >= 0 else { throw .invalidCount(tokens: n, grid: nil) }
    try allocate(n)
    guard !canAppend(n) else { return nil }
    return compress(to: try target(capacity).temporalPatches(demand: n, least: segment == .vision ? 0 : 1))
  }

  /// Changes the budget. Where more is cached than the new one allows, a compression brings it down at once.
  ///
  /// - Returns: what the compression did; nil where none was needed.
  /// - Throws: `budgetTooSmall` with the smallest budget that works now, or `cannotAllocate`. Nothing has changed then.
  @discardableResult
  public func setBudget(_ newBudget: Int) throws(CacheError) -> CompressionReport? {
    let least = max(leastBudget(), 1)
    guard newBudget >= least else { throw .budgetTooSmall(budget: newBudget, least: least) }
    guard policy != .full else {
      capacity = capacity.resized(to: newBudget)
      return nil
    }
    return try bind(to: newBudget, by: policy)
  }

  /// Changes the policy from now on; evicted tokens do not come back. From `full` to another policy, the budget applies
  /// again, and a compression brings the cache down to it if needed.
  ///
  /// - Returns: what the compression did; nil where none was needed.
  /// - Throws: `budgetTooSmall` with the smallest budget that works now, or `cannotAllocate`. Nothing has changed then.
  @discardableResult
  public func setPolicy(_ newPolicy: RetentionPolicy) throws(CacheError) -> CompressionReport? {
    guard policy == .full, newPolicy != .full else {
      compressor.policy = newPolicy
      if newPolicy == .full { TextParking.resize(&layout, to: store.allocatedSlots, in: store) }
      return nil
    }
    let least = leastBudget()
    guard capacity.budget >= least else { throw .budgetTooSmall(budget: capacity.budget, least: least) }
    return try bind(to: capacity.budget, by: newPolicy)
  }

  /// Brings the cache down to a budget that is no less than the least, and its memory to that size.
  private func bind(to newBudget: Int, by newPolicy: RetentionPolicy) throws(CacheError) -> CompressionReport? {
    let newCapacity = capacity.resized(to: newBudget)
    let patches =
      layout.fits(in: newCapacity.tokens) ? nil : try target(newCapacity).temporalPatches(demand: 0, least: 1)
    // What has to grow grows before anything is evicted; what has to shrink shrinks after the compression.
    let grown = zip(newCapacity.pages, store.tables).map { max($0, $1.pageCount) }
    guard store.resize(toPages: grown, leadingPages: max(newCapacity.leadingPages, store.leadingPages)) else {
      throw .cannotAllocate(
        tokens: newBudget, bytes: newBudget.multipliedSaturating(by: shape.bytesPerToken(type)))
    }
    compressor.policy = newPolicy
    capacity = newCapacity
    plans = []
    let report = patches.flatMap { compress(to: $0) }
    TextParking.resize(&layout, to: newCapacity.tokens, in: store)
    // There may be fewer leading pages now; the next question chooses again.
    offload?.endRetrieval()
    offload?.forgetResident()
    _ = store.resize(toPages: newCapacity.pages, leadingPages: newCapacity.leadingPages)
    return report
  }

  private func target(_ capacity: CacheCapacity) -> CompressionTarget {
    CompressionTarget(layout: layout, capacity: capacity, targetRatio: compressor.parameters.targetRatio)
  }

  private func compress(to temporalPatches: [Int]) -> CompressionReport? {
    defer { updateRotations() }
    return compressor.compress(to: temporalPatches, &layout, &origins, in: store, offload: offload)
  }

  // MARK: Positions

  /// Re-indexes the positions of the vision segment: the temporal patches of which anything is cached move together, in
  /// order, with their captions. Positions then stay within what is cached, however long the stream. The caller goes on
  /// at `nextVisionPosition`.
  ///
  /// - Precondition: there is no text, whose positions would no longer follow.
  public func compactPositions() {
    PositionCompaction.compact(&layout, &origins, in: store)
    updateRotations()
    offload?.moved(to: origins)
  }

  /// Lets attention rotate the keys whose positions have changed since they were stored.
  private func updateRotations() {
    PositionChanges.update(store, layout, origins, temporal: compressor.rotation)
  }

  /// The same after a change of the text segment, which matters only where its positions have changed.
  private func changeText(_ change: () -> Void) {
    let before = layout.textPositions
    change()
    if !before.runs.isEmpty || !layout.textPositions.runs.isEmpty { updateRotations() }
  }

  // MARK: Text

  /// Keeps the first `n` tokens of the text segment; 0 drops it. More than there are changes nothing.
  public func truncateText(to n: Int) {
    changeText { layout.truncateText(to: n) }
    if layout.textCount == 0 { offload?.endRetrieval() }
  }

  /// Parks the text segment, so that temporal patches can be appended. What was retrieved for it is seen no longer.
  ///
  /// - Precondition: no text is parked.
  public func parkText() {
    offload?.endRetrieval()
    changeText { TextParking.park(&layout, in: store) }
  }

  /// Makes parked text the text segment again.
  ///
  /// - Parameters:
  ///   - change: positions by which its tokens move.
  ///   - rotation: RoPE of a text position.
  /// - Precondition: there is no other text.
  public func reattachText(movedBy change: Int, rotation: RoPEFrequencies) {
    changeText { TextParking.reattach(movedBy: change, rotation: rotation, &layout, in: store) }
  }

  /// Drops parked text.
  public func discardParked() { changeText { TextParking.discard(&layout, in: store) } }

  /// Removes tokens from the middle of the text segment; those behind them move down, in memory and in position.
  ///
  /// - Parameters:
  ///   - removed: counted from the segment's first token.
  ///   - rotation: RoPE of a text position.
  public func removeFromText(_ removed: Range<Int>, rotation: RoPEFrequencies) {
    changeText { TextParking.remove(removed, rotation: rotation, from: &layout, in: store) }
  }

  /// Empties the cache, the system prompt and the counters included; budget, policy and memory stay.
  public func removeAll() {
    TextParking.discard(&layout, in: store)
    layout.removeAll()
    origins.removeAll()
    store.removeAll()
    compressor.removeAll()
    offload?.removeAll()
    peakCount = 0
  }

  /// How the work of decoding with a layer is divided among threads; made once for a number of threads and a budget.
  func attentionPlan(layer: Int, workers: Int) -> AttentionPlan {
    if plans.isEmpty || plans[0].workerCount != workers {
      plans = (0..<shape.layers).map { layer in
        let budgets = (0..<shape.keyValueHeads).map { capacity.tokens[store.group(layer: layer, head: $0)] }
        return AttentionPlan(budgets: budgets, workers: workers)
      }
    }
    return plans[layer]
  }
}
