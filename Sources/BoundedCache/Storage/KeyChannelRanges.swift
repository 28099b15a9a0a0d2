// SPDX-License-Identifier: Apache-2.0

import Compute

/// The ranges of keys that are quantized by channel: one for each head and channel, shared by all of a head's tokens.
///
/// A range only grows, each time by more than it must, so that it grows a few times in a stream of any length. Between
/// two growths rows move from slot to slot as they are. (KIVI, arXiv 2402.02750, also quantizes keys by channel, but in
/// groups of tokens, which eviction would tear apart.)
final class KeyChannelRanges {
  private let headDimension: Int
  private let heads: Int
  /// For each head the steps of its channels, then their lowest values: `[heads][2][headDimension]`.
  private let base: UnsafeMutablePointer<Float>
  /// The range of a head before it last grew, the lowest and highest new values of each channel, and one row.
  private let scratch: UnsafeMutablePointer<Float>
  /// Of each head, whether it has a range.
  private var isSet: [Bool]

  /// Steps from the lowest to the highest value.
  private static let steps: Float = 15
  /// How much wider than needed a range becomes on the side where it grows, as a share of its width.
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

  /// The same ranges in memory of their own.
  convenience init(copying other: KeyChannelRanges) {
    self.init(heads: other.heads, headDimension: other.headDimension)
    base.update(from: other.base, count: heads * 2 * headDimension)
    isSet = other.isSet
  }

  deinit {
    base.deallocate()
    scratch.deallocate()
  }

  /// Steps and lowest values of a head's channels, `[2][headDimension]`.
  func range(of head: Int) -> UnsafeMutablePointer<Float> { base + head * 2 * headDimension }

  func removeAll() {
    for head in 0..<heads { isSet[head] = false }
  }

  /// Makes a head's range include its part of some rows `[count][keyValueHeads · headDimension]`.
  ///
  /// - Returns: true where the range grew, so that the head's keys have to be packed again (`repack`).
  func widen(_ index: Int, by rows: FloatMatrix, head: Int, count: Int) -> Bool {
    rows.extremes(
      column: head * headDimension, width: headDimension, count: count, lowest: lowest, highest: highest)
    return grow(index)
  }

  /// Makes a head's range include one key.
  ///
  /// - Returns: true where the range grew, so that the head's keys have to be packed again (`repack`).
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
      // NaN or an infinity in a range would spread to every token of the head.
      var low = lowest[channel].isFinite ? lowest[channel] : 0
      var high = highest[channel].isFinite ? highest[channel] : 0
      if isFirst {
        // RoPE mixes a pair of channels as positions grow, so the first keys seldom show the whole range.
        let margin = (high - low) * KeyChannelRanges.margin
        (low, high) = (low - margin, high + margin)
      } else {
        let (oldLow, oldHigh) = (range[headDimension + channel], oldHighest(range, channel))
        guard low < oldLow || high > oldHigh else { continue }
        let margin = (max(high, oldHigh) - min(low, oldLow)) * KeyChannelRanges.margin
        low = low < oldLow ? low - margin : oldLow
        high = high > oldHigh ? high + margin : oldHigh
      }
      (range[channel], range[headDimension + channel]) = KeyValueQuantization.keyRange(of: low...high)
      hasGrown = true
    }
    return hasGrown && !isFirst
  }

  private func oldHighest(_ range: UnsafeMutablePointer<Float>, _ channel: Int) -> Float {
    range[headDimension + channel] + range[channel] * KeyChannelRanges.steps
  }

  /// Packs one key of a head again: from its range before it last grew to its present range.
  func repack(_ key: UnsafeMutableRawPointer, head: Int) {
    let row = scratch + 4 * headDimension
    KeyValueQuantization.dequantizeKey(
      key, into: row, type: .q4, headDimension: headDimension, keyRange: UnsafePointer(scratch))
    KeyValueQuantization.quantizeKey(
      row, into: key, type: .q4, headDimension: headDimension, keyRange: UnsafePointer(range(of: head)))
  }
}
