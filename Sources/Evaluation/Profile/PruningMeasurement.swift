// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Foundation
import Inference

/// How much of a model's attention is left out.
public struct PruningAmounts: Sendable, Equatable {
  /// Ratio of the language model's key-value heads, 0 … 1.
  public var languageHeads: Double
  /// Ratio of the vision tower's heads, 0 … 1.
  public var visionHeads: Double
  /// Ratio of the vision tower's layers that reuse a map, 0 … 1; fewer where layers have no map to reuse.
  public var reusedMaps: Double

  /// A tenth of the heads, and the maps of a quarter of the layers, unless said otherwise.
  public init(languageHeads: Double = 0.1, visionHeads: Double = 0.1, reusedMaps: Double = 0.25) {
    self.languageHeads = languageHeads
    self.visionHeads = visionHeads
    self.reusedMaps = reusedMaps
  }
}

/// What leaving out single parts of attention does to a model, what was chosen from that, and how the choice compares
/// with choices made at random.
public struct PruningMeasurement: Sendable {
  /// A choice's effect beside that of as many parts that are drawn at random.
  public struct Joint: Sendable, Equatable {
    /// Of the chosen parts together.
    public var chosen: Double
    /// The median over random draws; nil if nothing is left out.
    public var random: Double?
  }

  /// Divergence of the predictions without each key-value head, `[layer][head]`, in nats.
  public var headDivergences: [[Double]] = []
  /// Relative error of the vision tower's embeddings without each head, `[layer][head]`; empty without a tower.
  public var visionHeadErrors: [[Double]] = []
  /// Relative error of the embeddings where a layer reuses the map of the layer before it, `[layer]`; nil for layers
  /// that cannot.
  public var mapErrors: [Double?] = []
  /// What is left out.
  public var profile: PruningProfile
  /// Divergence of the predictions without the chosen heads of the language model, in nats.
  public var language = Joint(chosen: 0, random: nil)
  /// Relative error of the embeddings without what was chosen of the vision tower.
  public var vision: Joint?

  /// The heads with the smallest values, by layer.
  ///
  /// - Parameters:
  ///   - values: `[layer][head]`.
  ///   - count: how many are chosen.
  static func smallest(_ count: Int, of values: [[Double]]) -> [[Int]] {
    let all = values.indices.flatMap { layer in values[layer].indices.map { HeadIndex(layer: layer, head: $0) } }
    let chosen = all.sorted { values[$0.layer][$0.head] < values[$1.layer][$1.head] }.prefix(count)
    return values.indices.map { layer in chosen.filter { $0.layer == layer }.map(\.head).sorted() }
  }

  /// The layers with the smallest values, of those that have one.
  static func smallest(_ count: Int, of values: [Double?]) -> [Int] {
    let all = values.indices.compactMap { layer in values[layer].map { (layer, $0) } }
    return all.sorted { $0.1 < $1.1 }.prefix(count).map(\.0).sorted()
  }
}
