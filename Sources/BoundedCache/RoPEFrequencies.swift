// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How a key turns with its position: rope pairs (i, i + half a head) for i below the number of frequencies.
public struct RoPEFrequencies: Sendable, Equatable {
  /// Radians for one step, pair by pair; 0 for a pair that does not turn.
  public var frequencies: [Double]

  public init(frequencies: [Double]) {
    self.frequencies = frequencies
  }
}

/// Turns keys; neighbours mostly turn by the same number of steps, so that the last angles are kept.
struct RoPERotator {
  private let frequencies: [Double]
  private let headDimension: Int
  private var steps: Int32 = 0
  private var angles: [(cosine: Float, sine: Float)]

  init(_ rotation: RoPEFrequencies, headDimension: Int) {
    frequencies = Array(rotation.frequencies.prefix(headDimension / 2))
    self.headDimension = headDimension
    angles = Array(repeating: (1, 0), count: frequencies.count)
  }

  private mutating func set(_ change: Int32) {
    guard change != steps else { return }
    steps = change
    for pair in frequencies.indices {
      let angle = Double(change) * frequencies[pair]
      angles[pair] = (Float(cos(angle)), Float(sin(angle)))
    }
  }

  /// Turns a key in 32 bits.
  mutating func turn(_ key: UnsafeMutablePointer<Float>, by change: Int32) {
    set(change)
    let half = headDimension / 2
    for pair in frequencies.indices where frequencies[pair] != 0 {
      let (cosine, sine) = angles[pair]
      let (first, second) = (key[pair], key[pair + half])
      key[pair] = first * cosine - second * sine
      key[pair + half] = first * sine + second * cosine
    }
  }

  /// Turns a key in 16 bits.
  mutating func turn(_ key: UnsafeMutablePointer<UInt16>, by change: Int32) {
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

/// The angles by which frames' keys are turned for their time, one row of cosines and sines a frame.
struct TemporalPatchAngles {
  /// Rotary pairs (i, i + half a head) that turn.
  private(set) var pairs: [Int] = []
  private var cosines: [Float] = []
  private var sines: [Float] = []

  /// - Parameter starts: each frame's place on the timeline.
  mutating func set(_ rotation: RoPEFrequencies, starts: [Int32], headDimension: Int) {
    let turning = rotation.frequencies.prefix(headDimension / 2).indices.filter { rotation.frequencies[$0] != 0 }
    pairs = turning
    cosines.removeAll(keepingCapacity: true)
    sines.removeAll(keepingCapacity: true)
    for start in starts {
      for pair in turning {
        let angle = Double(start) * rotation.frequencies[pair]
        cosines.append(Float(cos(angle)))
        sines.append(Float(sin(angle)))
      }
    }
  }

  /// Takes the rotation off a key in 32 bits.
  func unrotate(_ key: UnsafeMutablePointer<Float>, frame: Int, headDimension: Int) {
    let half = headDimension / 2
    let row = frame * pairs.count
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
