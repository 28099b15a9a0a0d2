// SPDX-License-Identifier: Apache-2.0

/// Decides which vision tokens of one head stay. It sees keys and values and never moves them.
///
/// Every policy keeps a given number C of the F·P tokens held (F frames of P tokens) and leaves them in stream order.
/// A selector owns its working memory, so that a pass over many heads allocates once.
package struct TokenSelector {
  package let shape: CacheShape
  package let parameters: InfiniPotVParameters
  /// What the last selection kept, ascending.
  package private(set) var kept: [Int] = []

  private var grid = GridTHW(temporalPatches: 0, height: 0, width: 0)
  private var keeping = 0
  private var isKept: [Bool] = []
  private var angles = TemporalPatchAngles()
  private var redundancy: TemporalRedundancy
  private var valueNorms: ValueNorms
  private var proxyAttention: ProxyAttention
  /// The questions to score by, and how far they have moved since they were recorded; nil scores as published.
  private var proxy: (queries: ProxyQueries, steps: Int32)?
  private var ranking = Ranking()

  package init(shape: CacheShape, parameters: InfiniPotVParameters) {
    self.shape = shape
    self.parameters = parameters
    redundancy = TemporalRedundancy(dimension: shape.headDimension)
    valueNorms = ValueNorms(dimension: shape.headDimension)
    proxyAttention = ProxyAttention(dimension: shape.headDimension)
  }

  /// Begins a pass over heads that all hold these frames and shall all keep so many tokens.
  ///
  /// - Parameters:
  ///   - rotation: how keys turn with their frame's time; `starts`: each frame's time. Needed to compare keys before it.
  ///   - proxy: what questions look for, and how many places they have moved since they were recorded; empty ones
  ///     are as good as none.
  package mutating func prepare(
    grid: GridTHW, keeping count: Int, rotation: RoPEFrequencies = RoPEFrequencies(frequencies: []),
    starts: [Int32] = [],
    proxy: (queries: ProxyQueries, steps: Int32)? = nil
  ) {
    self.grid = grid
    self.proxy = proxy.flatMap { $0.queries.isEmpty ? nil : $0 }
    if parameters.comparison == .preRoPE {
      angles.set(rotation, starts: starts, headDimension: shape.headDimension)
    }
    keeping = min(count, grid.tokenCount)
    if isKept.count < grid.tokenCount {
      isKept = Array(repeating: false, count: grid.tokenCount)
      kept.reserveCapacity(grid.tokenCount)
    }
  }

  /// Sets `kept` for one head. Keys and values are 16-bit floats `[F·P][headDimension]`.
  ///
  /// - Parameters:
  ///   - system: keys of what is held for good, which take a share of proxy questions' attention.
  ///   - origins: where the tokens come from; nil stands for whole frames in order.
  package mutating func select(
    _ policy: RetentionPolicy, layer: Int, head: Int = 0, keys: Span<UInt16>, values: Span<UInt16>,
    system: Span<UInt16>? = nil, origins: TokenOrigins? = nil
  ) {
    kept.removeAll(keepingCapacity: true)
    let held = grid.tokenCount
    switch policy {
    case .full:
      kept.append(contentsOf: 0..<held)
    case .slidingWindow:
      kept.append(contentsOf: (held - keeping)..<held)
    case .uniform:
      // The i-th is token ⌊i·F·P/C⌋. (Rounding the step F·P/C itself down first would give 1 at the usual 32 of 24 frames,
      // and keep the oldest tokens only.) What an earlier pass has thinned out is thinned out again, so after many passes
      // the past is sampled ever more sparsely, not evenly.
      for index in 0..<keeping { kept.append(index * held / keeping) }
    case .infinipotV where parameters.choice == .proxyQueries && proxy != nil:
      selectByProxyQueries(layer: layer, head: head, keys: keys, values: values, system: system)
    case .infinipotV:
      selectByInfiniPotV(layer: layer, keys: keys, values: values, origins: origins)
    }
  }

  /// The newest frames whole, then the tokens least similar to them, then the largest pooled value norms.
  private mutating func selectByInfiniPotV(
    layer: Int, keys: Span<UInt16>, values: Span<UInt16>, origins: TokenOrigins?
  ) {
    let held = grid.tokenCount
    guard keeping > 0 else { return }
    let shares = InfiniPotVShares(grid: grid, keeping: keeping, parameters: parameters)
    let older = held - shares.recentTemporalPatches * grid.tokensPerTemporalPatch
    for index in 0..<held { isKept[index] = index >= older }
    if shares.redundancyTokens > 0 {
      redundancy.score(
        keys, grid: grid, recentTemporalPatches: shares.recentTemporalPatches,
        places: parameters.alignment == .patch ? origins?.places : nil,
        turned: parameters.comparison == .preRoPE ? origins.map { ($0.frames, angles) } : nil)
      ranking.mark(shares.redundancyTokens, highest: redundancy.scores, among: older, in: &isKept)
    }
    valueNorms.score(
      values, grid: grid, pooling: ValuePooling(layer: layer, of: shape.layers),
      origins: parameters.pooling == .patch ? origins : nil)
    ranking.mark(shares.valueTokens, highest: valueNorms.scores, among: older, in: &isKept)
    for index in 0..<held where isKept[index] { kept.append(index) }
  }

  /// The newest frame whole, if it takes no more than half of what stays, then what questions would look at.
  private mutating func selectByProxyQueries(
    layer: Int, head: Int, keys: Span<UInt16>, values: Span<UInt16>, system: Span<UInt16>?
  ) {
    guard let proxy, keeping > 0 else { return }
    let held = grid.tokenCount
    let newest = grid.tokensPerTemporalPatch * 2 <= keeping ? grid.tokensPerTemporalPatch : 0
    for index in 0..<held { isKept[index] = index >= held - newest }
    proxyAttention.score(
      keys: keys, values: values, system: system, proxy: proxy.queries, layer: layer, head: head,
      steps: proxy.steps)
    ranking.mark(keeping - newest, highest: proxyAttention.scores, among: held - newest, in: &isKept)
    for index in 0..<held where isKept[index] { kept.append(index) }
  }
}

/// How a pass of InfiniPot-V divides the C tokens it keeps among its three reasons.
package struct InfiniPotVShares: Equatable {
  /// Newest frames, kept whole: r.
  package let recentTemporalPatches: Int
  /// Older tokens kept for being unlike the newest frames.
  package let redundancyTokens: Int
  /// Older tokens kept for their values.
  package let valueTokens: Int

  /// With F frames of P tokens held, C kept, α and ρ: the share of redundancy is αC (what rounding to even leaves of
  /// (1−α)C); r = ⌊ρF⌋ frames, as many as fit in that share, are taken out of it. Without a newest frame (fewer than
  /// 1/ρ frames held, or αC < P) there is nothing to compare with, and all of C goes by value.
  package init(grid: GridTHW, keeping count: Int, parameters: InfiniPotVParameters) {
    let byValue = ((1 - parameters.alpha) * Double(count)).rounded(.toNearestOrEven)
    let temporal = count - Int(byValue)
    let perFrame = grid.tokensPerTemporalPatch
    recentTemporalPatches = min(Int(parameters.recentRatio * Double(grid.temporalPatches)), temporal / perFrame)
    redundancyTokens = recentTemporalPatches > 0 ? temporal - recentTemporalPatches * perFrame : 0
    valueTokens = count - recentTemporalPatches * perFrame - redundancyTokens
  }
}
