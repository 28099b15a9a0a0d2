// SPDX-License-Identifier: Apache-2.0

/// Packets and frames that could not be decoded, or only with repairs.
struct DamageCount {
  private(set) var total = 0
  /// The damage until the latest frame.
  private var totalAtFrame = 0
  /// The damage until the latest frame that came with none since the one before.
  private var totalAtWholeFrame = 0

  var hasComeSinceFrame: Bool { total > totalAtFrame }

  /// How many have come since the latest frame that came without any: what a decoder makes of another codec's packets
  /// has now and then the form of a frame.
  var sinceWholeFrame: Int { total - totalAtWholeFrame }

  mutating func add() { total += 1 }

  /// Takes note of a frame.
  ///
  /// - Parameter isAtEnd: whether the decoder gives it out because no packet follows.
  mutating func noteFrame(isAtEnd: Bool) {
    if !hasComeSinceFrame && !isAtEnd { totalAtWholeFrame = total }
    totalAtFrame = total
  }
}
