// SPDX-License-Identifier: Apache-2.0

import Compute

/// The ranges of keys that are quantized by channel, one for each head and channel, for all of a head's tokens.
///
/// A range only ever grows, by a little more than it must, so that in a stream of any length it grows a few times; in
/// between, tokens move from slot to slot as they are. (KIVI, arXiv 2402.02750, quantizes keys by channel too, but in
/// groups of tokens, whose members a pass would tear apart.)
final class KeyRanges {
  private let headDimension: Int
  private let heads: Int
  /// For each head `headDimension` steps, then as many lowest values.
  private let base: UnsafeMutablePointer<Float>
  /// Range of a head before it last grew, and the lowest and highest numbers of what comes.
  private let scratch: UnsafeMutablePointer<Float>
  private var isSet: [Bool]

  /// Steps from the lowest to the highest value.
  private static let steps: Float = 15
  /// How much wider than needed a range becomes, as a share of its width, on the side where it grows.
  private static let margin: Float = 0.125

  init(heads: Int, headDimension: Int) {
    self.headDimension = headDimension
    self.heads = heads
    base = .allocate(capacity: heads * 2 * headDimension)
    base.initialize(repeating: 0, count: heads * 2 * headDimension)
    scratch = .allocate(capacity: 5 * headDimension)
    scratch.initialize(repeating: 0, count: 5 * headDimension)
    isSet = Array(repeating: false, count: heads)
  }

  deinit {
    base.deallocate()
    scratch.deallocate()
  }

  /// Steps and lowest values of a head.
  func range(of head: Int) -> UnsafeMutablePointer<Float> { base + head * 2 * headDimension }

  func removeAll() {
    for head in 0..<heads { isSet[head] = false }
  }

  /// Makes a head's range hold its part of some rows.
  ///
  /// - Returns: true where the range grew: what is held then has to be packed anew (`repack`).
  func widen(_ index: Int, by rows: FloatMatrix, head: Int, count: Int) -> Bool {
    rows.extremes(
      column: head * headDimension, width: headDimension, count: count, lowest: lowest, highest: highest)
    return grow(index)
  }

  /// Makes a head's range hold one key.
  ///
  /// - Returns: as above.
  func widen(_ index: Int, by key: UnsafePointer<Float>) -> Bool {
    lowest.update(from: key, count: headDimension)
    highest.update(from: key, count: headDimension)
    return grow(index)
  }

  private var lowest: UnsafeMutablePointer<Float> { scratch + 2 * headDimension }
  private var highest: UnsafeMutablePointer<Float> { scratch + 3 * headDimension }

  private func grow(_ index: Int) -> Bool {
    let range = range(of: index)
    let isFirst = !isSet[index]
    isSet[index] = true
    scratch.update(from: range, count: 2 * headDimension)
    var hasGrown = false
    for channel in 0..<headDimension {
      // Numbers that are none would spread to every token of the head.
      var low = lowest[channel].isFinite ? lowest[channel] : 0
      var high = highest[channel].isFinite ? highest[channel] : 0
      if isFirst {
        // Positions turn a pair of channels into each other, so what is seen first is seldom all there is.
        let room = (high - low) * KeyRanges.margin
        (low, high) = (low - room, high + room)
      } else {
        let (oldLow, oldHigh) = (range[headDimension + channel], oldHighest(range, channel))
        guard low < oldLow || high > oldHigh else { continue }
        let room = (max(high, oldHigh) - min(low, oldLow)) * KeyRanges.margin
        low = low < oldLow ? low - room : oldLow
        high = high > oldHigh ? high + room : oldHigh
      }
      (range[channel], range[headDimension + channel]) = KeyValueRow.keyRange(of: low...high)
      hasGrown = true
    }
    return hasGrown && !isFirst
  }

  private func oldHighest(_ range: UnsafeMutablePointer<Float>, _ channel: Int) -> Float {
    range[headDimension + channel] + range[channel] * KeyRanges.steps
  }

  /// Packs one key of a head anew, from its range before it last grew to its range now.
  func repack(_ key: UnsafeMutableRawPointer, head: Int) {
    let row = scratch + 4 * headDimension
    KeyValueRow.unpackKey(
      key, into: row, type: .q4, headDimension: headDimension, keyRange: UnsafePointer(scratch))
    KeyValueRow.packKey(
      row, into: key, type: .q4, headDimension: headDimension, keyRange: UnsafePointer(range(of: head)))
  }
}
