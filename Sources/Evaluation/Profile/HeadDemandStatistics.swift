// SPDX-License-Identifier: Apache-2.0

import BoundedCache

/// Mean demand of each head over several streams, and how steady it is.
package struct HeadDemandStatistics {
  /// Mean and standard deviation over the streams of each head's ratio of the whole demand, `[layer][head]`.
  package private(set) var ratios: [[Double]]
  /// Standard deviation over the streams of the same, `[layer][head]`.
  package private(set) var deviations: [[Double]]
  /// How well the ranking of heads on one stream agrees with the mean ranking.
  package let stability: HeadBudgetProfile.RankStability
  /// Ratio of the heads whose standard deviation is below a tenth of an equal ratio.
  package let coverage: Double

  private static let steady = 0.1

  /// - Parameter samples: the demand of each stream, `[layer][head]`, in any unit; at least one stream.
  package init(_ samples: [[[Double]]]) {
    let scaled = samples.map { sample in
      let total = max(sample.joined().reduce(0, +), .leastNormalMagnitude)
      return sample.map { $0.map { $0 / total } }
    }
    let count = Double(scaled.count)
    var means = scaled[0].map { $0.map { _ in 0.0 } }
    var squares = means
    for layer in means.indices {
      for head in means[layer].indices {
        let values = scaled.map { $0[layer][head] }
        let mean = values.reduce(0, +) / count
        means[layer][head] = mean
        squares[layer][head] = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
      }
    }
    ratios = means
    deviations = squares
    let whole = Array(means.joined())
    let agreement = scaled.map { Self.rankCorrelation(Array($0.joined()), whole) }
    stability = HeadBudgetProfile.RankStability(mean: agreement.reduce(0, +) / count, least: agreement.min() ?? 0)
    let steady = squares.joined().count { $0 < Self.steady / Double(whole.count) }
    coverage = Double(steady) / Double(whole.count)
  }

  /// Spearman's rank correlation coefficient. Equal values share their mean rank. If all values of one side are equal,
  /// there is no order to disagree with, and the coefficient is 1.
  package static func rankCorrelation(_ one: [Double], _ other: [Double]) -> Double {
    let (first, second) = (ranks(one), ranks(other))
    let mean = Double(one.count + 1) / 2
    var product = 0.0
    var firstSquare = 0.0
    var secondSquare = 0.0
    for (x, y) in zip(first, second) {
      product += (x - mean) * (y - mean)
      firstSquare += (x - mean) * (x - mean)
      secondSquare += (y - mean) * (y - mean)
    }
    guard firstSquare > 0, secondSquare > 0 else { return 1 }
    return product / (firstSquare * secondSquare).squareRoot()
  }

  private static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = values
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for index in start..<end { ranks[order[index]] = Double(start + 1 + end) / 2 }
      start = end
    }
    return ranks
  }
}
