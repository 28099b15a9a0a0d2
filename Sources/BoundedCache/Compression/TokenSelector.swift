// SPDX-License-Identifier: Apache-2.0

/// Decides which vision tokens of one head a compression retains. It sees keys and values and never moves them.
///
/// Every policy retains a given number C of the T·P cached tokens (T temporal patches of P tokens), in stream order. A
/// selector owns its working memory, so that a compression of many heads allocates once.
///
/// In a sparse stream temporal patches leave out what has not changed. Every policy then retains the newest version of
/// each of the P places, which together are the newest view, and chooses C − P of the older versions.
package struct TokenSelector {
  /// The cache whose heads it selects for.
  package let shape: CacheShape
  /// The ratios and departures of InfiniPot-V.
  package let parameters: InfiniPotVParameters
  /// Indices of the tokens that the last selection retained, ascending.
  package internal(set) var retained: [Int] = []

  var grid = GridTHW(temporalPatches: 0, height: 0, width: 0)
  private(set) var count = 0
  /// Tokens that each head has cached.
  private(set) var cached = 0
  private var isSparse = false
  var isRetained: [Bool] = []
  var angles = TemporalPatchAngles()
  var redundancy: TemporalRedundancy
  var valueNorms: ValueNorms
  var proxyAttention: ProxyAttention
  /// The queries to score by, and the positions by which they have moved since they were recorded; nil scores by TaR
  /// and VaN.
  var proxy: (queries: ProxyQueries, change: Int32)?
  var ranking = TopK()

  /// Nothing is selected yet; `prepare` comes first.
  package init(shape: CacheShape, parameters: InfiniPotVParameters) {
    self.shape = shape
    self.parameters = parameters
    redundancy = TemporalRedundancy(dimension: shape.headDimension)
    valueNorms = ValueNorms(dimension: shape.headDimension)
    proxyAttention = ProxyAttention(dimension: shape.headDimension)
  }

  /// Begins the compression of heads that have all cached the same number of tokens and shall all retain the same
  /// number.
  ///
  /// - Parameters:
  ///   - grid: the cached tokens, cut into runs as long as a temporal patch.
  ///   - tokens: tokens that each head has cached in a sparse stream; nil where they fill the grid.
  ///   - count: tokens to retain.
  ///   - rotation: RoPE of a temporal position; needed to compare keys without it, as are the starts.
  ///   - starts: the temporal position of each temporal patch.
  ///   - proxy: proxy queries, and the positions by which they have moved since they were recorded. Empty queries count
  ///     as none.
  package mutating func prepare(
    grid: GridTHW, tokens: Int? = nil, retaining count: Int,
    rotation: RoPEFrequencies = RoPEFrequencies(frequencies: []),
    starts: [Int32] = [],
    proxy: (queries: ProxyQueries, change: Int32)? = nil
  ) {
    self.grid = grid
    self.proxy = proxy.flatMap { $0.queries.isEmpty ? nil : $0 }
    if parameters.comparison == .preRoPE {
      angles.set(rotation, starts: starts, headDimension: shape.headDimension)
    }
    cached = tokens ?? grid.tokenCount
    isSparse = tokens != nil
    self.count = min(count, cached)
    if isRetained.count < cached {
      isRetained = Array(repeating: false, count: cached)
      retained.reserveCapacity(cached)
    }
  }

  /// Sets `retained` for one head. Keys and values are 16-bit floats `[T·P][headDimension]`.
  ///
  /// - Parameters:
  ///   - system: keys of the system prompt `[tokens][headDimension]`, which take a share of the proxy queries'
  ///     attention.
  ///   - origins: where the tokens come from; nil stands for whole temporal patches in order.
  package mutating func select(
    _ policy: RetentionPolicy, layer: Int, head: Int = 0, keys: Span<UInt16>, values: Span<UInt16>,
    system: Span<UInt16>? = nil, origins: HeadTokenOrigins? = nil
  ) {
    retained.removeAll(keepingCapacity: true)
    if isSparse, policy != .full, let origins {
      return selectAroundView(
        policy, layer: layer, head: head, keys: keys, values: values, system: system, origins: origins)
    }
    switch policy {
    case .full:
      retained.append(contentsOf: 0..<cached)
    case .slidingWindow:
      retained.append(contentsOf: (cached - count)..<cached)
    case .uniform:
      // The i-th is token ⌊i·T·P/C⌋. Rounding the step T·P/C itself down first would give 1 at the usual 32 of 24
      // temporal patches, and retain the oldest tokens only. What an earlier compression has thinned out is thinned out
      // again, so after many compressions the past is sampled ever more sparsely, not evenly.
      for index in 0..<count { retained.append(index * cached / count) }
    case .infinipotV where parameters.choice == .proxyQueries && proxy != nil:
      selectByProxyQueries(layer: layer, head: head, keys: keys, values: values, system: system)
    case .infinipotV where parameters.choice == .tarAndProxyQueries && proxy != nil:
      selectByTaRAndProxyQueries(
        layer: layer, head: head, keys: keys, values: values, system: system, origins: origins)
    case .infinipotV:
      selectByInfiniPotV(layer: layer, keys: keys, values: values, origins: origins)
    }
  }

  /// The newest temporal patches whole, then the tokens least similar to them, then the largest pooled value norms.
  private mutating func selectByInfiniPotV(
    layer: Int, keys: Span<UInt16>, values: Span<UInt16>, origins: HeadTokenOrigins?
  ) {
    guard count > 0 else { return }
    let shares = InfiniPotVShares(grid: grid, retaining: count, parameters: parameters)
    let older = cached - shares.recentTemporalPatches * grid.tokensPerTemporalPatch
    for index in 0..<cached { isRetained[index] = index >= older }
    markByRedundancy(
      shares.tarTokens, recentTemporalPatches: shares.recentTemporalPatches, keys: keys, origins: origins)
    valueNorms.score(
      values, grid: grid, pooling: ValuePooling(layer: layer, of: shape.layers),
      origins: parameters.pooling == .patch ? origins : nil)
    ranking.mark(shares.vanTokens, highest: valueNorms.scores, among: older, in: &isRetained)
    for index in 0..<cached where isRetained[index] { retained.append(index) }
  }

  /// Marks the tokens least similar to the newest temporal patches, of those before them.
  private mutating func markByRedundancy(
    _ wanted: Int, recentTemporalPatches: Int, keys: Span<UInt16>, origins: HeadTokenOrigins?
  ) {
    guard wanted > 0 else { return }
    redundancy.score(
      keys, grid: grid, recentTemporalPatches: recentTemporalPatches,
      patches: parameters.alignment == .patch ? origins?.patches : nil,
      rotated: parameters.comparison == .preRoPE ? origins.map { ($0.temporalPatches, angles) } : nil)
    ranking.mark(
      wanted, highest: redundancy.scores, among: cached - recentTemporalPatches * grid.tokensPerTemporalPatch,
      in: &isRetained)
  }

  /// The newest temporal patch whole, if it takes no more than half of what is retained. Of the rest a share α the
  /// tokens least similar to the newest temporal patches, then what the proxy queries attend to most.
  private mutating func selectByTaRAndProxyQueries(
    layer: Int, head: Int, keys: Span<UInt16>, values: Span<UInt16>, system: Span<UInt16>?, origins: HeadTokenOrigins?
  ) {
    guard count > 0 else { return }
    let newest = markNewestTemporalPatch()
    let compared = max(1, Int(parameters.recentRatio * Double(grid.temporalPatches)))
    let byRedundancy = min(
      Int(parameters.alpha * Double(count - newest)), cached - compared * grid.tokensPerTemporalPatch)
    markByRedundancy(byRedundancy, recentTemporalPatches: compared, keys: keys, origins: origins)
    _ = scoreByProxyQueries(layer: layer, head: head, keys: keys, values: values, system: system)
    ranking.mark(
      count - newest - byRedundancy, highest: proxyAttention.scores, among: cached - newest, in: &isRetained)
    for index in 0..<cached where isRetained[index] { retained.append(index) }
  }

  /// Marks nothing but the newest temporal patch, and not even that where it takes more than half of what is retained.
  ///
  /// - Returns: tokens that were marked.
  private mutating func markNewestTemporalPatch() -> Int {
    let newest = grid.tokensPerTemporalPatch * 2 <= count ? grid.tokensPerTemporalPatch : 0
    for index in 0..<cached { isRetained[index] = index >= cached - newest }
    return newest
  }

  /// The newest temporal patch whole, if it takes no more than half of what is retained, then the tokens that the proxy
  /// queries attend to most.
  private mutating func selectByProxyQueries(
    layer: Int, head: Int, keys: Span<UInt16>, values: Span<UInt16>, system: Span<UInt16>?
  ) {
    guard count > 0 else { return }
    let newest = markNewestTemporalPatch()
    _ = scoreByProxyQueries(layer: layer, head: head, keys: keys, values: values, system: system)
    ranking.mark(count - newest, highest: proxyAttention.scores, among: cached - newest, in: &isRetained)
    for index in 0..<cached where isRetained[index] { retained.append(index) }
  }
}

extension TokenSelector {
  /// Scores a head's tokens by the proxy queries' attention.
  ///
  /// - Returns: whether there are such queries, and the parameters say so.
  mutating func scoreByProxyQueries(
    layer: Int, head: Int, keys: Span<UInt16>, values: Span<UInt16>, system: Span<UInt16>?
  ) -> Bool {
    guard parameters.choice.usesProxyQueries, let proxy else { return false }
    proxyAttention.score(
      keys: keys, values: values, system: system, proxy: proxy.queries, layer: layer, head: head,
      movedBy: proxy.change)
    return true
  }
}

/// How a compression by InfiniPot-V divides the C tokens that it retains.
package struct InfiniPotVShares: Equatable {
  /// Newest temporal patches, retained whole: r.
  package let recentTemporalPatches: Int
  /// Older tokens retained by TaR.
  package let tarTokens: Int
  /// Older tokens retained by VaN.
  package let vanTokens: Int

  /// With T temporal patches of P tokens cached, C retained, α and ρ: the share of TaR is αC (what rounding to even
  /// leaves of (1 − α)C). The newest r = ⌊ρT⌋ temporal patches, as many as fit in that share, are taken out of it.
  /// Without a newest one (fewer than 1/ρ cached, or αC < P) there is nothing to compare with, and VaN chooses all of
  /// C.
  package init(grid: GridTHW, retaining count: Int, parameters: InfiniPotVParameters) {
    let byValue = ((1 - parameters.alpha) * Double(count)).rounded(.toNearestOrEven)
    let temporal = count - Int(byValue)
    let perPatch = grid.tokensPerTemporalPatch
    recentTemporalPatches = min(Int(parameters.recentRatio * Double(grid.temporalPatches)), temporal / perPatch)
    tarTokens = recentTemporalPatches > 0 ? temporal - recentTemporalPatches * perPatch : 0
    vanTokens = count - recentTemporalPatches * perPatch - tarTokens
  }
}
