// SPDX-License-Identifier: Apache-2.0

/// What several rounds of one measurement gave.
public struct MedianRange: Sendable, Codable, Equatable {
  public var median: Double
  public var lowest: Double
  public var highest: Double
  public var rounds: Int

  public init(median: Double, lowest: Double, highest: Double, rounds: Int) {
    self.median = median
    self.lowest = lowest
    self.highest = highest
    self.rounds = rounds
  }

  /// nil without values. Of an even number of them the median is the mean of the two in the middle.
  public init?(_ values: [Double]) {
    let sorted = values.sorted()
    guard let lowest = sorted.first, let highest = sorted.last else { return nil }
    let middle = sorted.count / 2
    median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    self.lowest = lowest
    self.highest = highest
    rounds = sorted.count
  }

  /// Whether some value lies within both ranges.
  public func overlaps(_ other: MedianRange) -> Bool { lowest <= other.highest && other.lowest <= highest }
}
