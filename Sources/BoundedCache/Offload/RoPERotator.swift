// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Rotates keys of the offload file to other positions. Keys that follow each other mostly move by the same number of
/// positions, so the last angles are kept.
struct RoPERotator {
  private let frequencies: [Double]
  private let headDimension: Int
  private var change: Int32 = 0
  private var angles: [(cosine: Float, sine: Float)]

  init(_ rotation: RoPEFrequencies, headDimension: Int) {
    frequencies = Array(rotation.frequencies.prefix(headDimension / 2))
    self.headDimension = headDimension
    angles = Array(repeating: (1, 0), count: frequencies.count)
  }

  private mutating func set(_ change: Int32) {
    guard change != self.change else { return }
    self.change = change
    for pair in frequencies.indices {
      let angle = Double(change) * frequencies[pair]
      angles[pair] = (Float(cos(angle)), Float(sin(angle)))
    }
  }

  /// Rotates a key `[headDimension]` in 16 bits.
  mutating func rotate(_ key: UnsafeMutablePointer<UInt16>, by change: Int32) {
    set(change)
    let half = headDimension / 2
    for pair in frequencies.indices where frequencies[pair] != 0 {
      let (cosine, sine) = angles[pair]
      let first = Float(Float16(bitPattern: key[pair]))
      let second = Float(Float16(bitPattern: key[pair + half]))
      key[pair] = Float16(first * cosine - second * sine).bitPattern
      key[pair + half] = Float16(first * sine + second * cosine).bitPattern
    }
  }
}
