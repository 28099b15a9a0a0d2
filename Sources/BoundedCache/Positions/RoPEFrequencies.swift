// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How RoPE rotates a key for its temporal or text position: pairs (i, i + headDimension / 2) for i below the number of
/// frequencies.
public struct RoPEFrequencies: Sendable, Equatable {
  /// Radians for one position, pair by pair; 0 for a pair that is not rotated.
  public var frequencies: [Double]

  /// Memberwise; checks nothing.
  public init(frequencies: [Double]) {
    self.frequencies = frequencies
  }

  /// Whether any pair is rotated.
  var rotates: Bool { frequencies.contains { $0 != 0 } }
}

/// Rotates keys of the offload file to other positions. Keys that follow each other mostly move by the same number of positions, so
/// the last angles are kept.
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
