// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation

/// The RoPE of a language model (arXiv 2104.09864, M-RoPE: 2409.12191).
struct RoPEConfiguration: Sendable, Hashable {
  /// Radians by which each pair is rotated for one position; transformers' `inv_freq`.
  let frequencies: [Double]
  /// Which component of a position rotates each pair: 0 time, 1 height, 2 width.
  let components: [Int]
  /// Factor on cosines and sines; transformers' `attention_scaling`.
  let attentionScaling: Double

  /// - Parameters:
  ///   - components: one for each pair that is rotated.
  ///   - theta: the base of the frequencies. Without scaling, that of pair i of n is theta^(−i / n).
  ///   - divisors: of each pair's frequency, applied after scaling; nil for none.
  ///   - pairs: of a head. Those after the components are not rotated.
  init(components: [Int], theta: Double, scaling: RoPEScaling, divisors: [Double]?, pairs: Int) {
    let rotated = components.count
    let still = pairs - rotated
    self.components = components + Array(repeating: 0, count: still)
    frequencies =
      (0..<rotated).map { pair in
        pow(theta, -Double(pair) / Double(rotated)) * scaling.frequencyFactor(pair: pair, of: rotated, theta: theta)
          / (divisors?[pair] ?? 1)
      } + Array(repeating: 0, count: still)
    attentionScaling = scaling.attentionScaling
  }

  /// Frequencies of the time component alone: 0 for pairs of height and width, up to the last pair of time.
  var temporalFrequencies: RoPEFrequencies {
    let temporal = zip(frequencies, components).map { $1 == 0 ? $0 : 0 }
    return RoPEFrequencies(frequencies: Array(temporal.prefix((temporal.lastIndex { $0 != 0 } ?? -1) + 1)))
  }

  /// Frequencies where all three components change by the same amount.
  var textFrequencies: RoPEFrequencies { RoPEFrequencies(frequencies: frequencies) }
}
