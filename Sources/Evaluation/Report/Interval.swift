// SPDX-License-Identifier: Apache-2.0

import Inference

/// A figure with the range in which the true one lies, 19 times out of 20.
public struct Interval: Sendable, Equatable {
  public var value: Double
  public var low: Double
  public var high: Double

  public init(value: Double, low: Double, high: Double) {
    self.value = value
    self.low = low
    self.high = high
  }

  /// Of a normal distribution, that leaves one in forty on each side.
  private static let deviations = 1.959963984540054

  /// The share of hits, with Wilson's interval, which is sound near 0 and 1 too; 0 to 1 where nothing was tried.
  public static func share(of hits: Int, in count: Int) -> Interval {
    guard count > 0 else { return Interval(value: 0, low: 0, high: 1) }
    let n = Double(count)
    let share = Double(hits) / n
    let square = deviations * deviations
    let middle = (share + square / (2 * n)) / (1 + square / n)
    let reach = deviations / (1 + square / n) * (share * (1 - share) / n + square / (4 * n * n)).squareRoot()
    return Interval(value: share, low: max(0, middle - reach), high: min(1, middle + reach))
  }

  /// The mean of differences that come in groups, such as questions about one stream: groups, not single
  /// differences, are drawn again and again, since those of one group are alike.
  ///
  /// - Parameter groups: sums and counts of the differences of each group.
  public static func mean(ofGroups groups: [(sum: Double, count: Int)]) -> Interval {
    let count = groups.reduce(0) { $0 + $1.count }
    guard count > 0 else { return Interval(value: 0, low: 0, high: 0) }
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
    let tail = Int(Double(means.count) * 0.025)
    return Interval(value: value, low: means[tail], high: means[means.count - 1 - tail])
  }

  private static let resamples = 2000
}
