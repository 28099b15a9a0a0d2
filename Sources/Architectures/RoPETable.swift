// SPDX-License-Identifier: Apache-2.0

import Compute
import Platform

/// Cosines and sines of the rope angles of a block of tokens, one row a token, one column a rope pair.
struct RoPETable {
  let cosines: FloatMatrix
  let sines: FloatMatrix
  /// Turns of each pair for one step, in radians.
  private let frequencies: [Double]
  /// Which component of a position turns each pair: 0 time, 1 height, 2 width.
  private let components: [Int]
  private let amplitude: Double

  /// For a language model.
  init(loader: WeightLoader, tokens: Int, scheme: RoPEConfiguration) throws(ModelError) {
    try self.init(
      loader: loader, tokens: tokens, frequencies: scheme.frequencies, components: scheme.components,
      amplitude: scheme.amplitude)
  }

  /// For a vision tower: height turns `rowPairs` pairs and width as many, each over the whole range of frequencies.
  init(loader: WeightLoader, tokens: Int, base: Double, rowPairs: Int) throws(ModelError) {
    let half = (0..<rowPairs).map { pow(base, -Double($0) / Double(rowPairs)) }
    try self.init(
      loader: loader, tokens: tokens, frequencies: half + half,
      components: Array(repeating: 1, count: rowPairs) + Array(repeating: 2, count: rowPairs), amplitude: 1)
  }

  private init(
    loader: WeightLoader, tokens: Int, frequencies: [Double], components: [Int], amplitude: Double
  ) throws(ModelError) {
    self.frequencies = frequencies
    self.components = components
    self.amplitude = amplitude
    cosines = try loader.rows(tokens, width: frequencies.count)
    sines = try loader.rows(tokens, width: frequencies.count)
  }

  func fill(row: Int, position: MRoPEPosition) {
    cosines.fill(row: row) { amplitude * cos(angle($0, position)) }
    sines.fill(row: row) { amplitude * sin(angle($0, position)) }
  }

  private func angle(_ pair: Int, _ position: MRoPEPosition) -> Double {
    let component = components[pair]
    let steps = component == 0 ? position.time : component == 1 ? position.height : position.width
    return Double(steps) * frequencies[pair]
  }
}
