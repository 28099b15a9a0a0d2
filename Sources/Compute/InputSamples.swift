// SPDX-License-Identifier: Apache-2.0

/// Some of the inputs of a matrix, chosen evenly among all, and the largest magnitudes of all.
public struct InputSamples: Sendable {
  /// Values of an input.
  public let columns: Int
  /// The chosen inputs, `[count][columns]`.
  public private(set) var values: [Float] = []
  /// The largest magnitude of each column over all inputs, `[columns]`.
  public private(set) var maxima: [Float]
  /// Inputs seen.
  private var seen = 0
  /// Whether all values seen are finite.
  private(set) var isFinite = true
  private var generator = RowChoice()

  /// Inputs that are kept.
  public var count: Int { values.count / max(columns, 1) }

  /// Root mean squares of the chosen inputs by column, `[columns]`.
  public var rootMeanSquares: [Float] {
    var sums = Array(repeating: Float(0), count: columns)
    for start in stride(from: 0, to: values.count, by: max(columns, 1)) {
      for column in 0..<columns { sums[column] += values[start + column] * values[start + column] }
    }
    return sums.map { ($0 / Float(max(count, 1))).squareRoot() }
  }

  /// Inputs that are known.
  ///
  /// - Parameters:
  ///   - values: `[count][columns]`.
  ///   - maxima: the largest magnitude of each column, of these and of others, `[columns]`.
  public init(values: [Float], maxima: [Float]) {
    columns = maxima.count
    precondition(columns > 0 && values.count % columns == 0, "whole rows")
    self.values = values
    self.maxima = maxima
  }

  /// No inputs yet.
  init(columns: Int) {
    self.columns = columns
    maxima = Array(repeating: 0, count: columns)
  }

  /// Adds the first `count` rows, and keeps at most `limit` of all: each with the same chance (reservoir sampling).
  mutating func add(_ input: FloatMatrix, _ count: Int, limit: Int) {
    guard input.width == columns else { return }
    for row in 0..<count {
      let added = UnsafeBufferPointer(start: input.base + row * input.stride, count: columns)
      for column in 0..<columns {
        let magnitude = added[column].magnitude
        if !magnitude.isFinite { isFinite = false }
        if magnitude > maxima[column] { maxima[column] = magnitude }
      }
      seen += 1
      if self.count < limit {
        values += added
      } else {
        let chosen = generator.next(below: seen)
        guard chosen < limit else { continue }
        values.replaceSubrange(chosen * columns..<(chosen + 1) * columns, with: added)
      }
    }
  }
}

/// Random numbers that are the same for the same inputs (SplitMix64).
private struct RowChoice {
  private var state: UInt64 = 1

  mutating func next(below bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((value ^ (value >> 31)) % UInt64(bound))
  }
}
