// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Testing

@Suite("Intervals")
struct ConfidenceIntervalTests {
  /// Values of `statsmodels.stats.proportion.proportion_confint(hits, count, method="wilson")`, statsmodels 0.15.
  @Test(
    "Wilson's interval of a share",
    arguments: [
      (8, 10, 0.4901625, 0.9433178), (0, 10, 0.0, 0.2775328), (10, 10, 0.7224672, 1.0),
      (291, 300, 0.9439775, 0.9841381), (50, 100, 0.4038315, 0.5961685),
    ])
  func wilson(hits: Int, count: Int, low: Double, high: Double) {
    let interval = ConfidenceInterval.share(of: hits, in: count)
    #expect(interval.value == Double(hits) / Double(count))
    #expect(abs(interval.low - low) < 1e-6)
    #expect(abs(interval.high - high) < 1e-6)
  }

  @Test("Of nothing nothing is known")
  func nothing() {
    #expect(ConfidenceInterval.share(of: 0, in: 0) == ConfidenceInterval(value: 0, low: 0, high: 1))
    #expect(ConfidenceInterval.mean(ofGroups: []) == ConfidenceInterval(value: 0, low: 0, high: 0))
  }

  @Test("Groups that agree leave no doubt, groups that differ leave much")
  func groups() {
    let same = ConfidenceInterval.mean(ofGroups: [(2, 10), (2, 10), (2, 10), (2, 10)])
    #expect(same == ConfidenceInterval(value: 0.2, low: 0.2, high: 0.2))
    let apart = ConfidenceInterval.mean(ofGroups: [(10, 10), (-10, 10), (10, 10), (-10, 10)])
    #expect(apart.value == 0)
    #expect(apart.low <= -0.9 && apart.high >= 0.9)
    #expect(
      apart == ConfidenceInterval.mean(ofGroups: [(10, 10), (-10, 10), (10, 10), (-10, 10)]), "drawn by a fixed seed")
  }
}
