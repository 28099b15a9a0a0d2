// SPDX-License-Identifier: Apache-2.0

// Compression: how an endless stream stays within a fixed budget of tokens.
//
// THE PROBLEM
//
// A video adds keys and values without end, some 100 tokens for each temporal patch. Memory is fixed. When the next
// temporal patch or question would not fit, tokens of the vision segment have to be evicted. At that moment nobody
// knows what will be asked later, so the choice is made from the cached keys and values alone.
//
// THE ALGORITHM (InfiniPot-V, arXiv 2506.15745)
//
// Each key-value head chooses for itself, among the T·P tokens that it has cached: T temporal patches of P tokens.
// C of them are retained, a share C/M of the room M (3/4 as published), so that the next quarter of the room is filled
// before the next compression.
//
//   1. The newest r = ⌊ρT⌋ temporal patches stay whole.
//   2. TaR, temporal redundancy: an older token that resembles the newest patches at the same patch shows what is still
//      to be seen. Those that resemble them least are retained, until αC tokens have been (TemporalRedundancy.swift).
//   3. VaN, value norm: of the rest, tokens with the longest values add most to whatever attends to them. They fill up
//      the (1 − α)C tokens that are left (ValueNorms.swift).
//
// With proxy queries, queries of likely questions were recorded before the first temporal patch, and the tokens that
// they attend to most are retained (ProxyAttention.swift): in place of steps 2 and 3, or by default in place of step 3.
// The other policies are a sliding window and an even spacing (TokenSelector.swift).
//
// THE LAYOUT
//
// One head's slots, T = 6 temporal patches of P = 4 tokens, C = 16, ρ = 1/4, α = 1/2: r = 1, TaR retains 4 tokens (t)
// beside the newest patch (n), VaN 8 (v); the rest (.) is evicted.
//
//     before   | system | v.t. | .v.v | tv.. | vt.v | .vtv | nnnn | text |      24 vision tokens
//     after    | system | vtvv tvvt vvtv nnnn | text | free                     16 vision tokens, in stream order
//
// In a sparse stream a temporal patch has tokens of changed places alone. The newest version of every place stays,
// which is what the newest temporal patch is otherwise, and older versions are compared with it
// (SparseTokenSelection.swift).
//
// Retained tokens move down in place; their keys are never written again, also when their positions change later
// (KeyRotationRuns.swift). The next compression sees 16 tokens as T = 4 runs of P tokens, though they come from 6
// temporal patches: `VisionTokenOrigins` knows from which. Evicted tokens go to the offload file where there is one
// (OffloadTier.swift). Captions stay with their temporal patches (CaptionCompaction.swift).

/// Report of one compression of the vision segment.
public struct CompressionReport: Sendable, Hashable {
  /// Vision tokens before, the mean over all heads.
  public var before: Int
  /// Vision tokens after, the mean over all heads.
  public var after: Int
  /// Seconds it took.
  public var seconds: Double

  /// Memberwise; checks nothing.
  public init(before: Int, after: Int, seconds: Double) {
    self.before = before
    self.after = after
    self.seconds = seconds
  }
}

/// Evicts vision tokens by a policy, head by head. It owns the policy and working memory, and no tokens.
struct Compressor {
  var policy: RetentionPolicy
  let parameters: InfiniPotVParameters
  /// RoPE of a temporal position.
  let rotation: RoPEFrequencies
  /// Queries of likely questions; nil until they are recorded.
  var proxyQueries: ProxyQueries? {
    willSet { precondition(newValue.map { $0.shape == shape } ?? true, "the queries are of another shape") }
  }
  /// Compressions since the start or the last `removeAll`.
  private(set) var count = 0

  private let shape: CacheShape
  private var selector: TokenSelector
  /// One head's vision tokens.
  private var scratch = RowScratch()
  /// One head's system prompt.
  private var systemScratch = RowScratch()

  init(
    shape: CacheShape, policy: RetentionPolicy, parameters: InfiniPotVParameters, rotation: RoPEFrequencies
  ) {
    self.shape = shape
    self.policy = policy
    self.parameters = parameters
    self.rotation = rotation
    selector = TokenSelector(shape: shape, parameters: parameters)
  }

  /// The same policy and counts, with working memory of its own.
  func copy() -> Compressor {
    var copy = self
    (copy.scratch, copy.systemScratch) = (RowScratch(), RowScratch())
    return copy
  }

  /// Evicts vision tokens of every head until each group has the given number of temporal patches' worth of them.
  ///
  /// - Parameters:
  ///   - temporalPatches: for each group of heads.
  ///   - offload: receives the evicted tokens.
  /// - Returns: a report; nil where there are no vision tokens.
  mutating func compress(
    to temporalPatches: [Int], _ layout: inout SegmentLayout, _ origins: inout VisionTokenOrigins, in store: PageStore,
    offload: OffloadTier?
  ) -> CompressionReport? {
    guard let patch = layout.patchGrid else { return nil }
    let start = ContinuousClock.now
    let before = layout.visionCount
    if !layout.captions.isGathered {
      CaptionCompaction.gather(&layout, in: store)
      KeyRotationRuns.update(store, layout, origins, temporal: rotation)
    }
    let starts = origins.starts
    var visionTokens = layout.visionTokens
    for (group, members) in layout.groups.members.enumerated() {
      let cached = visionTokens[group]
      let retained = temporalPatches[group] * patch.tokensPerTemporalPatch
      guard retained < cached else { continue }
      selector.prepare(
        grid: GridTHW(
          temporalPatches: cached / patch.tokensPerTemporalPatch, height: patch.height, width: patch.width),
        tokens: layout.isSparse ? cached : nil, retaining: retained, rotation: rotation, starts: starts,
        proxy: proxyQueries.map { ($0, origins.nextPosition) })
      let slots = layout.visionStart..<layout.visionStart + cached
      for member in members {
        select(for: member, slots: slots, systemCount: layout.systemCount, origins: origins, in: store)
        let index = member.layer * shape.keyValueHeads + member.head
        offload?.evict(
          member, rows: scratch, count: cached, retained: selector.retained, origins: origins.heads[index],
          streamIndices: origins.streamIndices, starts: starts)
        origins.retain(selector.retained, head: index)
        store.compact(
          member, start: slots.lowerBound, count: cached, retaining: selector.retained, following: layout.textCount)
      }
      visionTokens[group] = retained
    }
    layout.retain(visionTokens: visionTokens)
    CaptionCompaction.evict(
      retaining: temporalPatches.min() ?? 0, cached: origins.cachedTokens(), &layout, in: store)
    count += 1
    return CompressionReport(
      before: before, after: layout.visionCount, seconds: (ContinuousClock.now - start) / .seconds(1))
  }

  /// Reads one head's vision tokens, and the system prompt where proxy queries attend to it, and lets the selector
  /// choose.
  private mutating func select(
    for head: HeadIndex, slots: Range<Int>, systemCount: Int, origins: VisionTokenOrigins, in store: PageStore
  ) {
    scratch.read(store, head, slots: slots)
    let system = proxyQueries == nil ? 0 : systemCount
    if system > 0 { systemScratch.read(store, head, slots: 0..<system) }
    scratch.withSpans(slots.count * shape.headDimension) { keys, values in
      systemScratch.withSpans(system * shape.headDimension) { systemKeys, _ in
        selector.select(
          policy, layer: head.layer, head: head.head, keys: keys, values: values, system: systemKeys,
          origins: origins.heads[head.layer * shape.keyValueHeads + head.head])
      }
    }
  }

  mutating func removeAll() { count = 0 }
}
