// SPDX-License-Identifier: Apache-2.0

import Compute

/// The KV cache of a decoder, within a budget of tokens.
///
/// The sequence is `[system | vision | text]`. When it would outgrow the budget, compression evicts tokens of the
/// vision segment in place: every key-value head retains its own, in stream order. Keys come rotated by RoPE, so a
/// token keeps its position until `compactPositions`. With head budgets, groups of heads cache more and others fewer
/// tokens; a count of tokens is then the mean over all heads. Memory is allocated once, for the budget. Under the
/// policy `full` there is no budget, and memory grows with the stream.
///
/// This class is a facade over `CacheState`. Each part has one job and a folder of its own:
///
/// | part | job | folder |
/// |---|---|---|
/// | `SegmentLayout` | tokens of each segment, slots, captions | Layout |
/// | `CacheCapacity` | the memory of a budget, for each group of heads | Layout, HeadBudgets |
/// | `PageStore` | keys and values in pages: store, read, move | Storage |
/// | `Compressor` | policy, TaR, VaN, proxy queries: which tokens stay | Compression |
/// | `VisionTokenOrigins` | where each token comes from; positions and their re-indexing | Positions |
/// | `TextParking` | the text segment while temporal patches are appended | Text |
/// | `OffloadTier` | evicted tokens in a file, retrieval for a question | Offload |
/// | `RecurrentStates` | the states of a hybrid model's layers without keys and values | States |
/// | `ProvisionalPatch` | the vision segment before a temporal patch that is taken back later | Provisional |
/// | `ForkPages` | keys and values of a fork, behind the shared pages of the cached tokens | Forks |
///
/// The cache has one owner. It must not be changed from two threads; several may read while nobody changes it.
public final class KeyValueCache {
  private(set) var state: CacheState
  private var plans = AttentionPlans()
  /// The most tokens ever cached at once since the start or the last `removeAll`.
  public private(set) var peakCount = 0

  /// An empty cache.
  ///
  /// - Throws: `invalidShape`, `invalidParameter`, `unsupportedType`, `budgetTooSmall` for a budget below one token, or
  ///   `cannotAllocate`.
  public init(shape: CacheShape, options: KVCacheOptions) throws(CacheError) {
    state = try CacheState(shape: shape, options: options)
  }

  /// Makes the cache that `copy` returns.
  init(state: CacheState, peakCount: Int) {
    self.state = state
    self.peakCount = peakCount
  }

  /// An empty cache with a budget and a policy, and nothing else that its options have.
  ///
  /// - Throws: as with options.
  public convenience init(shape: CacheShape, budget: Int, policy: RetentionPolicy) throws(CacheError) {
    try self.init(shape: shape, options: KVCacheOptions(budget: budget, policy: policy))
  }

  /// Queries of likely questions, recorded before the first temporal patch; compression uses them where the parameters
  /// say so. nil until they are set.
  public var proxyQueries: ProxyQueries? {
    get { state.compressor.proxyQueries }
    set { state.compressor.proxyQueries = newValue }
  }

  // MARK: Appending

  /// Claims `n` slots at the end of a segment for tokens that the model is about to read.
  ///
  /// - Parameters:
  ///   - grid: of vision tokens, the temporal patches they make up; nil for text. Text in the vision segment is the
  ///     caption of the temporal patch that comes next.
  ///   - places: of a sparse temporal patch, the patches of `grid` that the tokens stand for, ascending. The newest
  ///     version of the others is cached and stays: compression evicts older versions only. nil stands for all.
  ///   - advance: positions by which each of these temporal patches, its caption included, moves the next one on.
  ///   - retrieving: the tokens' queries choose pages of evicted tokens from the offload file. The text segment sees
  ///     them until it is emptied, parked or chooses again.
  /// - Returns: where the tokens' keys and values go and what they may see; the caller stores them in every layer.
  /// - Throws: `noCapacity` beyond the budget (call `ensureCapacity` first), `outOfOrder` when a later segment has been
  ///   begun or text is parked, `gridChanged` for temporal patches of another size than those cached, `invalidCount`,
  ///   or `cannotAllocate` under `full`.
  @discardableResult
  public func append(
    _ n: Int, to segment: CacheSegment, grid: GridTHW? = nil, places: [Int32]? = nil, advance: Int = 1,
    retrieving: Bool = false
  ) throws(CacheError) -> KVAppend {
    try state.append(n, to: segment, grid: grid, places: places, advance: advance, retrieving: retrieving)
    notePeak(0)
    return KVAppend(
      cache: self, count: n, tokensFromEnd: n, segment: segment, isRetrieving: retrieving,
      revision: state.layout.revision)
  }

  /// Notes the most tokens that one sequence has had, with those of a fork's own.
  func notePeak(_ ownTokens: Int) { peakCount = max(peakCount, count + ownTokens) }

  /// Whether a sparse temporal patch of this shape can be appended: a version of every place is cached.
  public func canAppendSparsely(_ grid: GridTHW) -> Bool { state.layout.canAppendSparsely(grid) }

  /// Whether `n` more tokens fit in every group of heads without compression.
  public func canAppend(_ n: Int) -> Bool { state.canAppend(n) }

  // MARK: A provisional temporal patch

  /// Says that the next temporal patch is provisional: it can be taken back until another is begun.
  public func beginProvisionalPatch() { state.beginProvisionalPatch() }

  /// Takes the provisional temporal patch back, with its caption and with all that was appended to the vision segment
  /// behind it. The cache is then as if it had never come, but for ranges of `q4`, which only grow, and its file.
  ///
  /// - Returns: false where there is none, or where a compression has chosen among its tokens, which then stay.
  /// - Precondition: there is no text but parked text.
  public func withdrawProvisionalPatch() -> Bool { state.withdrawProvisionalPatch() }

  // MARK: Compression

  /// The smallest budget that holds the system prompt, the text, parked or not, one temporal patch and `n` more tokens.
  public func leastBudget(for n: Int = 0) -> Int { state.leastBudget(for: n) }

  /// The smallest budget above this one that has room for a number of tokens at once, beside those retrieved from the
  /// offload file; nil where this one has.
  public func largerBudget(for tokens: Int) -> Int? {
    policy == .full || state.capacity.smallest >= tokens ? nil : state.capacity.leastBudget(for: tokens)
  }

  /// Makes `n` more tokens fit, by a compression of the vision segment if they do not.
  ///
  /// A compression leaves `targetRatio` of the room that the system prompt and the text leave for vision tokens, in
  /// whole temporal patches, and less where `n` demands it. For a question (`.text`) at least one temporal patch's
  /// worth stays; temporal patches (`.vision`) may replace everything seen before them.
  ///
  /// - Returns: a report of the compression; nil where none was needed.
  /// - Throws: `budgetTooSmall` with the smallest budget that works, or `cannotAllocate` under `full`. Nothing has
  ///   changed then.
  @discardableResult
  public func ensureCapacity(for n: Int, in segment: CacheSegment = .text) throws(CacheError) -> CompressionReport? {
    try state.ensureCapacity(for: n, in: segment)
  }

  /// Changes the budget. Where more is cached than the new one allows, a compression brings it down at once.
  ///
  /// - Returns: a report of the compression; nil where none was needed.
  /// - Throws: `budgetTooSmall` with the smallest budget that works now, or `cannotAllocate`. Nothing has changed then.
  @discardableResult
  public func setBudget(_ newBudget: Int) throws(CacheError) -> CompressionReport? {
    defer { plans = AttentionPlans() }
    return try state.setBudget(newBudget)
  }

  /// Changes the policy from now on; evicted tokens do not come back. From `full` to another policy, the budget applies
  /// again, and a compression brings the cache down to it if needed.
  ///
  /// - Returns: a report of the compression; nil where none was needed.
  /// - Throws: `budgetTooSmall` with the smallest budget that works now, or `cannotAllocate`. Nothing has changed then.
  @discardableResult
  public func setPolicy(_ newPolicy: RetentionPolicy) throws(CacheError) -> CompressionReport? {
    defer { plans = AttentionPlans() }
    return try state.setPolicy(newPolicy)
  }

  // MARK: Positions

  /// Re-indexes the positions of the vision segment: the temporal patches of which anything is cached move together, in
  /// order, with their captions. Positions then stay within what is cached, however long the stream. The caller goes on
  /// at `nextVisionPosition`.
  ///
  /// - Precondition: there is no text, whose positions would no longer follow.
  public func compactPositions() { state.compactPositions() }

  // MARK: Text

  /// Keeps the first `n` tokens of the text segment; 0 drops it. More than there are changes nothing.
  ///
  /// - Precondition: `n` is 0 or all of them for a hybrid model, whose state nothing can be taken out of.
  public func truncateText(to n: Int) { state.truncateText(to: n) }

  /// Removes the newest `n` tokens of the text segment, which changed no recurrent state.
  func withdraw(_ n: Int) { state.withdraw(n) }

  /// Parks the text segment, so that temporal patches can be appended. What was retrieved for it is seen no longer.
  ///
  /// - Precondition: no text is parked, and the model is not a hybrid one, whose state would not come back.
  public func parkText() { state.parkText() }

  /// Makes parked text the text segment again.
  ///
  /// - Parameters:
  ///   - change: positions by which its tokens move.
  ///   - rotation: RoPE of a text position.
  /// - Precondition: there is no other text.
  public func reattachText(movedBy change: Int, rotation: RoPEFrequencies) {
    state.reattachText(movedBy: change, rotation: rotation)
  }

  /// Drops parked text.
  public func discardParked() { state.discardParked() }

  /// Removes tokens from the middle of the text segment; those behind them move down, in memory and in position.
  ///
  /// - Parameters:
  ///   - removed: counted from the segment's first token.
  ///   - rotation: RoPE of a text position.
  /// - Precondition: the model is not a hybrid one.
  public func removeFromText(_ removed: Range<Int>, rotation: RoPEFrequencies) {
    state.removeFromText(removed, rotation: rotation)
  }

  /// Empties the cache, the system prompt and the counters included; budget, policy and memory stay.
  public func removeAll() {
    state.removeAll()
    peakCount = 0
  }

  /// How the work of decoding with a layer is divided among threads; made once for a number of threads and a budget.
  func attentionPlan(layer: Int, workers: Int) -> AttentionPlan {
    plans.plan(ofLayer: layer, workers: workers, capacity: state.capacity, store: state.store)
  }
}
