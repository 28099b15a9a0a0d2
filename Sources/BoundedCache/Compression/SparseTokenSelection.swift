// SPDX-License-Identifier: Apache-2.0

/// The choice among the tokens of a sparse stream: the newest view stays, older versions of its places are chosen from.
extension TokenSelector {
  /// Sets `retained`: the newest version of every place, as many of them as are wanted, then what the policy chooses.
  mutating func selectAroundView(
    _ policy: RetentionPolicy, layer: Int, head: Int, keys: Span<UInt16>, values: Span<UInt16>,
    system: Span<UInt16>?, origins: HeadTokenOrigins
  ) {
    let rest = count - markView(origins.patches)
    switch policy {
    case .full: preconditionFailure("nothing is evicted")
    case .slidingWindow: markNewest(rest)
    case .uniform: markEvenly(rest)
    case .infinipotV
    where parameters.choice == .proxyQueries
      && scoreByProxyQueries(layer: layer, head: head, keys: keys, values: values, system: system):
      ranking.mark(rest, highest: proxyAttention.scores, among: cached, in: &isRetained)
    case .infinipotV:
      // The view takes the part of the newest temporal patches in TaR's share.
      let temporal = count - Int(((1 - parameters.alpha) * Double(count)).rounded(.toNearestOrEven))
      let byRedundancy = min(max(temporal - (count - rest), 0), rest)
      if byRedundancy > 0 {
        redundancy.score(
          keys, patchCount: grid.tokensPerTemporalPatch, view: isRetained, patches: origins.patches,
          rotated: parameters.comparison == .preRoPE ? (origins.temporalPatches, angles) : nil)
        ranking.mark(byRedundancy, highest: redundancy.scores, among: cached, in: &isRetained)
      }
      if parameters.choice == .tarAndProxyQueries,
        scoreByProxyQueries(layer: layer, head: head, keys: keys, values: values, system: system)
      {
        ranking.mark(rest - byRedundancy, highest: proxyAttention.scores, among: cached, in: &isRetained)
      } else {
        valueNorms.score(
          values, count: cached, grid: grid, pooling: ValuePooling(layer: layer, of: shape.layers), origins: origins)
        ranking.mark(rest - byRedundancy, highest: valueNorms.scores, among: cached, in: &isRetained)
      }
    }
    for index in 0..<cached where isRetained[index] { retained.append(index) }
  }

  /// Marks the newest version of every place; the newest ones where there is room for fewer.
  ///
  /// - Parameter places: of the cached tokens, in stream order.
  /// - Returns: tokens that were marked.
  private mutating func markView(_ places: [Int32]) -> Int {
    for index in 0..<cached { isRetained[index] = false }
    var isSeen = [Bool](repeating: false, count: grid.tokensPerTemporalPatch)
    var marked = 0
    for index in (0..<cached).reversed() where !isSeen[Int(places[index])] && marked < count {
      isSeen[Int(places[index])] = true
      isRetained[index] = true
      marked += 1
    }
    return marked
  }

  private mutating func markNewest(_ wanted: Int) {
    var left = wanted
    for index in (0..<cached).reversed() where !isRetained[index] && left > 0 {
      isRetained[index] = true
      left -= 1
    }
  }

  /// Marks every n-th of the older versions.
  private mutating func markEvenly(_ wanted: Int) {
    let older = (0..<cached).filter { !isRetained[$0] }
    for index in 0..<min(wanted, older.count) { isRetained[older[index * older.count / wanted]] = true }
  }
}
