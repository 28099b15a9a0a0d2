// SPDX-License-Identifier: Apache-2.0

import Compute

/// The keys and values of everything a decoder attends to, within a budget of tokens.
///
/// The sequence is `[system | vision | tail]`. When it would outgrow the budget, a pass thins out the vision part in
/// place: every key-value head keeps its own tokens, in stream order. Rotary embedding has been applied to the keys
/// before they come here, so a token keeps the position it had in the stream until `compactPositions`.
///
/// Without a head profile every head holds equally many tokens. With one, groups of heads hold more and others less; a
/// count of tokens is then the mean over all heads, and no group ever holds more than its share of the budget.
///
/// Memory is allocated once, for the budget. Under the policy `full` there is no budget, and memory grows as needed.
/// The cache has one owner and is not safe to change from two threads; reading from many while nobody changes it is.
public final class KeyValueCache {
  public let shape: CacheShape
  public internal(set) var policy: RetentionPolicy
  public let parameters: InfiniPotVParameters
  /// How keys turn with what advances from frame to frame.
  public let rotation: RoPEFrequencies

  /// What questions of the usual kinds look for, recorded before the first frame; passes use it where the parameters
  /// say so. nil until somebody sets it.
  public var proxyQueries: ProxyQueries? {
    willSet { precondition(newValue.map { $0.shape == shape } ?? true, "the queries are of another shape") }
  }

  /// Tokens held of each part; of the vision part the mean over all heads, rounded up.
  public private(set) var systemCount = 0
  public internal(set) var textCount = 0
  /// Tokens of a tail that was set aside (`parkText`); they count, and nothing sees them.
  public internal(set) var parkedCount = 0
  /// The most tokens ever held at once since the start or the last `removeAll`.
  public private(set) var peakCount = 0
  /// Passes run since the start or the last `removeAll`.
  public internal(set) var compressionCount = 0
  /// Changes whenever slots do, so that a `KVAppend` of before is noticed.
  var revision = 0

  /// The budget to return to when the policy is `full` for a while.
  var boundedBudget: Int
  /// The size of the frames held, as one frame; nil while there are none.
  var frameSize: GridTHW?
  /// Frame tokens that each head of a group holds, group by group. After a pass they are no longer frames of the stream:
  /// they stand for as many runs of a frame's length, cut from the tokens that stayed, in stream order.
  var frameTokens: [Int]
  var layout = VisionLayout()
  var origins: StreamOrigins
  let groups: HeadGroups
  let storage: CacheStorage
  var selector: TokenSelector
  /// Tokens that the heads of each group may hold; unused under `full`.
  var capacities: [Int]
  /// One head's frame tokens while a pass looks at them.
  let scratch = RowScratch()
  /// The same of the system prompt.
  let systemScratch = RowScratch()
  var plans: [AttentionPlan] = []
  /// Where what passes give up goes, and comes back from; nil gives it up for good.
  let offload: OffloadTier?
  /// Pages retrieved for the tail in the heads of each group.
  var retrievedPages: [Int]
  /// Layers whose heads hold what was retrieved for the tail.
  var isRetrieved: [Bool]
  /// Where each frame stands on the timeline while a question is read.
  var retrievalStarts: [Int32] = []

  /// - Parameters:
  ///   - budget: the most tokens that may be held at any moment; under `full`, the budget that a later
  ///     `setPolicy` returns to.
  ///   - rotation: how keys turn with what advances from frame to frame; without it, neither `compactPositions` nor a
  ///     comparison before the rotation changes anything.
  ///   - type: how keys and values are stored.
  ///   - heads: shares of the budget, head by head; nil for equal ones.
  ///   - offload: a file, laid out for this shape and rotation and pages of `pageTokens`, for what passes give up.
  /// - Throws: `invalidShape`, `invalidParameter`, `unsupportedType`, `budgetTooSmall` for a budget below one token, or
  ///   `cannotAllocate`.
  public init(
    shape: CacheShape, budget: Int, policy: RetentionPolicy, parameters: InfiniPotVParameters = .published,
    rotation: RoPEFrequencies = RoPEFrequencies(frequencies: []), type: KeyValueType = .f16, heads: HeadBudgets? = nil,
    offload: OffloadFile? = nil
  ) throws(CacheError) {
    guard shape.bytesPerToken > 0 else { throw .invalidShape(shape) }
    guard budget > 0 else { throw .budgetTooSmall(budget: budget, least: 1) }
    try parameters.validate()
    // Asked before anything is made that grows with the number of heads.
    let tokens = policy == .full ? min(budget, CacheStorage.pageTokens) : budget
    let bytes = shape.bytesPerToken(type).multipliedSaturating(by: tokens)
    guard PageTable.isThere(bytes) else { throw .cannotAllocate(tokens: tokens, bytes: bytes) }
    self.shape = shape
    self.policy = policy
    self.parameters = parameters
    self.rotation = rotation
    boundedBudget = budget
    groups = HeadGroups(shape: shape, budgets: heads)
    self.offload = offload.map { OffloadTier(file: $0) }
    let leadingPages = KeyValueCache.leadingPages(budget: budget, offload: self.offload)
    capacities = groups.capacities(budget: KeyValueCache.sequenceBudget(budget, offload: self.offload))
    retrievedPages = Array(repeating: 0, count: groups.members.count)
    isRetrieved = Array(repeating: false, count: shape.layers)
    frameTokens = Array(repeating: 0, count: groups.members.count)
    storage = try CacheStorage(
      shape: shape, type: type, groups: groups.members,
      pages: capacities.map { policy == .full ? 1 : KeyValueCache.pages(for: $0) }, leadingPages: leadingPages)
    selector = TokenSelector(shape: shape, parameters: parameters)
    origins = StreamOrigins(heads: shape.layers * shape.keyValueHeads)
  }

  /// How many tokens of this shape fit in so many bytes, in whole pages; 0 for a shape that cannot be.
  public static func tokens(forBytes bytes: Int, shape: CacheShape, type: KeyValueType = .f16) -> Int {
    let page = shape.bytesPerToken(type).multipliedSaturating(by: CacheStorage.pageTokens)
    return page > 0 && bytes > 0 ? bytes / page * CacheStorage.pageTokens : 0
  }

  static func pages(for tokens: Int) -> Int {
    tokens / CacheStorage.pageTokens + (tokens % CacheStorage.pageTokens == 0 ? 0 : 1)
  }

  // MARK: What is held

  /// How keys and values are stored.
  public var type: KeyValueType { storage.type }

  /// The most tokens that may be held; nil under `full`.
  public var budget: Int? { policy == .full ? nil : boundedBudget }

  /// Tokens of the vision part, captions included.
  public var visionCount: Int {
    let heads = shape.layers * shape.keyValueHeads
    let rows = zip(frameTokens, groups.members).reduce(0) { $0 + $1.0 * $1.1.count }
    return layout.captionTokens + (rows + heads - 1) / heads
  }

  /// Tokens held.
  public var count: Int { systemCount + visionCount + textCount + parkedCount + retrievedCount }

  /// Tokens of each head of a group that can be seen, what is retrieved left out.
  func count(ofGroup group: Int) -> Int { systemCount + layout.captionTokens + frameTokens[group] + textCount }

  /// Bytes of the keys and values held.
  public var byteCount: Int {
    let rows = groups.members.indices.reduce(0) {
      $0 + (count(ofGroup: $1) + parkedCount + retrievedPages[$1] * CacheStorage.pageTokens) * groups.members[$1].count
    }
    return rows * shape.bytesPerToken(type) / (shape.layers * shape.keyValueHeads)
  }

  /// Bytes set aside for keys and values; they stay the same until the budget or the policy changes.
  public var allocatedByteCount: Int { storage.byteCount }

  // MARK: Growing and shrinking

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
    guard n > 0, segment == .vision || grid == nil, advance >= 0 else { throw .invalidCount(tokens: n, grid: grid) }
    switch segment {
    case .system: if visionCount > 0 || textCount > 0 { throw .outOfOrder(segment) }
    case .vision: if textCount > 0 { throw .outOfOrder(segment) }
    case .text: if parkedCount > 0 { throw .outOfOrder(segment) }
    }
    if let grid {
      guard grid.isPositive, grid.tokenCount == n else { throw .invalidCount(tokens: n, grid: grid) }
      // Frames of another size share no places with those held.
      if let held = frameSize, held.height != grid.height || held.width != grid.width {
        throw .gridChanged(cached: held, appended: grid)
      }
    }
    if let budget, !canAppend(n) { throw .noCapacity(cached: count, adding: n, budget: budget) }
    try reserve(n)
    if retrieving { beginRetrieval() }

    switch segment {
    case .system: systemCount += n
    case .vision:
      if let grid {
        frameSize = GridTHW(temporalPatches: 1, height: grid.height, width: grid.width)
        for group in frameTokens.indices { frameTokens[group] += n }
        layout.appendFrames(tokens: n)
        origins.append(
          frames: grid.temporalPatches, tokensPerTemporalPatch: grid.tokensPerTemporalPatch,
          advance: Int32(clamping: advance))
      } else {
        layout.appendCaption(tokens: n, frame: origins.next)
      }
    case .text: textCount += n
    }
    peakCount = max(peakCount, count)
    revision &+= 1
    return KVAppend(cache: self, count: n, remaining: n, isRetrieving: retrieving, revision: revision)
  }

  /// Whether `n` more tokens fit in every group of heads without compression.
  public func canAppend(_ n: Int) -> Bool {
    policy == .full || groups.members.indices.allSatisfy { n <= capacities[$0] - count(ofGroup: $0) - parkedCount }
  }

  /// Memory for `n` more tokens under `full`; a bounded cache has all its memory from the start.
  func reserve(_ n: Int) throws(CacheError) {
    guard policy == .full else { return }
    let wanted = groups.members.indices.map {
      KeyValueCache.pages(for: (count(ofGroup: $0) + parkedCount).addingSaturating(n))
    }
    guard zip(wanted, storage.tables).contains(where: { $0 > $1.pageCount }) else { return }
    // Some pages more, so that decoding does not ask for each page by itself.
    let pages = zip(wanted, storage.tables).map { $0 > $1.pageCount ? $0.addingSaturating($0 / 4) : $1.pageCount }
    let tokens = count.addingSaturating(n)
    let bytes = tokens.multipliedSaturating(by: shape.bytesPerToken(type))
    let before = slotCounts
    guard bytes < .max, storage.resize(toPages: pages, leadingPages: storage.tables[0].leadingPages) else {
      throw .cannotAllocate(tokens: tokens, bytes: bytes)
    }
    moveParked(from: before)
  }

  /// Keeps the first `n` tokens of the tail; 0 drops it. Asking for more than there are changes nothing.
  public func truncateText(to n: Int) {
    textCount = min(textCount, max(n, 0))
    revision &+= 1
    if textCount == 0 { endRetrieval() }
  }

  /// Empties the cache, the system prompt and the counters included; budget, policy and memory stay.
  public func removeAll() {
    systemCount = 0
    revision &+= 1
    frameSize = nil
    for group in frameTokens.indices { frameTokens[group] = 0 }
    layout.removeAll()
    origins.removeAll()
    storage.removeAll()
    endRetrieval()
    offload?.removeAll()
    textCount = 0
    discardParked()
    peakCount = 0
    compressionCount = 0
  }
}
