// SPDX-License-Identifier: Apache-2.0

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
