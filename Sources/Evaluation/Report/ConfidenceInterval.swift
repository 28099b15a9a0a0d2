// SPDX-License-Identifier: Apache-2.0

import Inference

/// An estimate and its 95 % confidence interval.
public struct ConfidenceInterval: Sendable, Equatable, Encodable {
  /// The estimate.
  public var value: Double
  /// Lower end of the interval.
  public var low: Double
  /// Upper end of the interval.
  public var high: Double

  /// Memberwise; checks nothing.
  public init(value: Double, low: Double, high: Double) {
    self.value = value
    self.low = low
    self.high = high
  }

  /// The 97.5 % quantile of the standard normal distribution.
  private static let deviations = 1.959963984540054

  /// The proportion of hits with Wilson's score interval, which also holds near 0 and 1. Without trials it is 0 to 1.
  public static func share(of hits: Int, in count: Int) -> ConfidenceInterval {
    guard count > 0 else { return ConfidenceInterval(value: 0, low: 0, high: 1) }
    let n = Double(count)
    let share = Double(hits) / n
    let square = deviations * deviations
    let middle = (share + square / (2 * n)) / (1 + square / n)
    let reach = deviations / (1 + square / n) * (share * (1 - share) / n + square / (4 * n * n)).squareRoot()
    return ConfidenceInterval(value: share, low: max(0, middle - reach), high: min(1, middle + reach))
  }

  /// The mean of differences that come in groups, such as the questions about one stream, with a bootstrap interval.
  ///
  /// Whole groups are resampled and not single differences, because the differences within a group are correlated.
  ///
  /// - Parameter groups: sums and counts of the differences of each group.
  public static func mean(ofGroups groups: [(sum: Double, count: Int)]) -> ConfidenceInterval {
    let count = groups.reduce(0) { $0 + $1.count }
    guard count > 0 else { return ConfidenceInterval(value: 0, low: 0, high: 0) }
    let value = groups.reduce(0) { $0 + $1.sum } / Double(count)
    var random = SeededGenerator(seed: 1)
    var means: [Double] = []
    means.reserveCapacity(resamples)
    for _ in 0..<resamples {
      var sum = 0.0
      var drawn = 0
      for _ in groups.indices {
        let group = groups[random.index(below: groups.count)]
        sum += group.sum
        drawn += group.count
      }
      if drawn > 0 { means.append(sum / Double(drawn)) }
    }
    means.sort()
    let outside = Int(Double(means.count) * 0.025)
    return ConfidenceInterval(value: value, low: means[outside], high: means[means.count - 1 - outside])
  }

  private static let resamples = 2000
}
