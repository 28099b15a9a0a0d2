// SPDX-License-Identifier: Apache-2.0

/// Packets and frames that could not be decoded, or only with repairs.
struct DamageCount {
  private(set) var total = 0
  /// Where the latest were noticed, in bytes of the file.
  private var positions: [Int64] = []
  private static let mostPositions = 256
  /// The damage until the latest frame.
  private var totalAtFrame = 0
  /// The damage until the latest frame that came with none since the one before.
  private var totalAtWholeFrame = 0

  var hasComeSinceFrame: Bool { total > totalAtFrame }

  /// How many have come since the latest frame that came without any: what a decoder makes of another codec's packets
  /// has now and then the form of a frame.
  var sinceWholeFrame: Int { total - totalAtWholeFrame }

  /// - Parameter position: where in the file it was noticed, in bytes.
  mutating func add(at position: Int64) {
    total += 1
    positions.append(position)
    if positions.count > Self.mostPositions { positions.removeFirst() }
  }

  /// Takes note of a frame.
  ///
  /// - Parameter isAtEnd: whether the decoder gives it out because no packet follows.
  /// - Returns: whether it came without damage.
  mutating func noteFrame(isAtEnd: Bool) -> Bool {
    let isWhole = !hasComeSinceFrame && !isAtEnd
    if isWhole { totalAtWholeFrame = total }
    totalAtFrame = total
    return isWhole
  }

  /// What was noticed behind a place in the file, in bytes, was no damage.
  mutating func forget(from position: Int64) {
    total -= positions.count { $0 >= position }
    positions.removeAll { $0 >= position }
    totalAtFrame = min(totalAtFrame, total)
    totalAtWholeFrame = min(totalAtWholeFrame, total)
  }

  /// This damage and that of the recording that follows.
  func followed(by next: DamageCount) -> DamageCount {
    var sum = next
    sum.total += total
    sum.totalAtFrame += total
    sum.totalAtWholeFrame += total
    return sum
  }
}
