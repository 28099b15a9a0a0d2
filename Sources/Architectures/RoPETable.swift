// SPDX-License-Identifier: Apache-2.0

import Compute
import Platform

/// Cosines and sines of the RoPE angles of a block of tokens, `[tokens][pairs]`.
struct RoPETable {
  let cosines: FloatMatrix
  let sines: FloatMatrix
  /// Radians by which each pair is rotated for one position.
  private let frequencies: [Double]
  /// Which component of a position rotates each pair: 0 time, 1 height, 2 width.
  private let components: [Int]
  private let attentionScaling: Double

  /// A table for a language model.
  init(loader: ModelLoader, tokens: Int, configuration: RoPEConfiguration) throws(ModelError) {
    try self.init(
      loader: loader, tokens: tokens, frequencies: configuration.frequencies, components: configuration.components,
      attentionScaling: configuration.attentionScaling)
  }

  /// A table for a vision tower (transformers' `VisionRotaryEmbedding`): a patch's row rotates the first half of a
  /// head's pairs and its column the second half, each over the whole range of frequencies.
  ///
  /// - Parameters:
  ///   - tokens: patches.
  ///   - theta: the base of the frequencies.
  ///   - pairsPerAxis: pairs that the row rotates; the column rotates the same number.
  init(loader: ModelLoader, tokens: Int, theta: Double, pairsPerAxis: Int) throws(ModelError) {
    let half = (0..<pairsPerAxis).map { pow(theta, -Double($0) / Double(pairsPerAxis)) }
    try self.init(
      loader: loader, tokens: tokens, frequencies: half + half,
      components: Array(repeating: 1, count: pairsPerAxis) + Array(repeating: 2, count: pairsPerAxis),
      attentionScaling: 1)
  }

  private init(
    loader: ModelLoader, tokens: Int, frequencies: [Double], components: [Int], attentionScaling: Double
  ) throws(ModelError) {
    self.frequencies = frequencies
    self.components = components
    self.attentionScaling = attentionScaling
    cosines = try loader.rows(tokens, width: frequencies.count)
    sines = try loader.rows(tokens, width: frequencies.count)
  }

  /// Fills one token's row.
  func fill(row: Int, position: MRoPEPosition) {
    cosines.fill(row: row) { attentionScaling * cos(angle($0, position)) }
    sines.fill(row: row) { attentionScaling * sin(angle($0, position)) }
  }

  private func angle(_ pair: Int, _ position: MRoPEPosition) -> Double {
    let component = components[pair]
    let steps = component == 0 ? position.time : component == 1 ? position.height : position.width
    return Double(steps) * frequencies[pair]
  }
}
