// SPDX-License-Identifier: Apache-2.0

/// Parts of a model's attention that are not computed.
///
/// Heads that add little are left out, as if a gate at their output were 0 (layer-wise head pruning, arXiv 2110.03252).
/// A layer of a vision tower can reuse the attention map of the layer before it, with values of its own: its queries
/// and keys are not computed (attention map reuse, Shim et al., ICLR 2022).
public struct AttentionPruning: Sendable, Hashable, Codable {
  /// The heads that are left out, `[layer][…]` in ascending order; empty for none in any layer.
  public var heads: [[Int]]
  /// The layers that reuse the map of the layer before them, in ascending order.
  public var reusedMaps: [Int]

  /// Memberwise; checks nothing.
  public init(heads: [[Int]] = [], reusedMaps: [Int] = []) {
    self.heads = heads
    self.reusedMaps = reusedMaps
  }

  /// Heads that are left out in all layers together.
  public var headCount: Int { heads.reduce(0) { $0 + $1.count } }
  /// Whether everything is computed.
  public var isEmpty: Bool { headCount == 0 && reusedMaps.isEmpty }

  /// Whether all heads and layers are those of a model.
  public func fits(layers: Int, heads count: Int) -> Bool {
    (heads.isEmpty || heads.count == layers)
      && heads.allSatisfy { $0.allSatisfy((0..<count).contains) && Set($0).count == $0.count }
      && reusedMaps.allSatisfy((1..<max(layers, 1)).contains)
  }

  /// Whether each head of a layer is left out; empty if none is.
  func mask(ofLayer layer: Int, heads count: Int) -> [Bool] {
    guard !heads.isEmpty, !heads[layer].isEmpty else { return [] }
    return (0..<count).map(heads[layer].contains)
  }

  /// The masks of a language model's layers with attention. Heads that the file has no weights of are left out as well.
  func masks(_ sizes: DecoderConfiguration) -> [[Bool]] {
    let weighted = zip(sizes.mixers, sizes.weightedHeads).filter(\.0.isAttention).map(\.1)
    return weighted.enumerated().map { layer, kept in
      let mask = mask(ofLayer: layer, heads: sizes.keyValueHeads)
      guard kept < sizes.keyValueHeads else { return mask }
      return (0..<sizes.keyValueHeads).map { $0 >= kept || (!mask.isEmpty && mask[$0]) }
    }
  }
}
