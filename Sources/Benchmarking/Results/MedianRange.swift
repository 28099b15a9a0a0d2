// SPDX-License-Identifier: Apache-2.0

/// The median and the range of several repetitions of one measurement.
public struct MedianRange: Sendable, Codable, Equatable {
  /// The middle value.
  public var median: Double
  /// The smallest value.
  public var lowest: Double
  /// The largest value.
  public var highest: Double
  /// Number of values.
  public var repetitions: Int

  /// Memberwise; checks nothing.
  public init(median: Double, lowest: Double, highest: Double, repetitions: Int) {
    self.median = median
    self.lowest = lowest
    self.highest = highest
    self.repetitions = repetitions
  }

  /// The median and range of values; nil without values. The median of an even number of values is the mean of the
  /// middle two.
  public init?(_ values: [Double]) {
    let sorted = values.sorted()
    guard let lowest = sorted.first, let highest = sorted.last else { return nil }
    let middle = sorted.count / 2
    median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    self.lowest = lowest
    self.highest = highest
    repetitions = sorted.count
  }

  /// Whether the ranges have a value in common.
  public func overlaps(_ other: MedianRange) -> Bool { lowest <= other.highest && other.lowest <= highest }
}
