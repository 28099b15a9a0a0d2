// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The angles by which RoPE has rotated the keys of each temporal patch for its temporal position.
struct TemporalPatchAngles {
  /// RoPE pairs (i, i + headDimension / 2) that are rotated.
  private(set) var pairs: [Int] = []
  /// `[temporal patches][pairs]`.
  private var cosines: [Float] = []
  private var sines: [Float] = []

  /// - Parameter starts: the temporal position of each temporal patch.
  mutating func set(_ rotation: RoPEFrequencies, starts: [Int32], headDimension: Int) {
    let rotated = rotation.frequencies.prefix(headDimension / 2).indices.filter { rotation.frequencies[$0] != 0 }
    pairs = rotated
    cosines.removeAll(keepingCapacity: true)
    sines.removeAll(keepingCapacity: true)
    for start in starts {
      for pair in rotated {
        let angle = Double(start) * rotation.frequencies[pair]
        cosines.append(Float(cos(angle)))
        sines.append(Float(sin(angle)))
      }
    }
  }

  /// Takes the temporal rotation off a key `[headDimension]` in 32 bits.
  func unrotate(_ key: UnsafeMutablePointer<Float>, temporalPatch: Int, headDimension: Int) {
    let half = headDimension / 2
    let row = temporalPatch * pairs.count
    for (index, pair) in pairs.enumerated() {
      let cosine = cosines[row + index]
      let sine = sines[row + index]
      let first = key[pair]
      let second = key[pair + half]
      key[pair] = first * cosine + second * sine
      key[pair + half] = second * cosine - first * sine
    }
  }
}
