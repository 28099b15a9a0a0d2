// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Evaluation
import Testing

@Suite("What heads have use for is measured by what questions look at")
struct HeadDemandTests {
  private static let shape = CacheShape(layers: 2, keyValueHeads: 1, headDimension: 8)
  private static let first = HeadIndex(layer: 0, head: 0)
  private static let second = HeadIndex(layer: 1, head: 0)

  @Test("a head's demand is the part of its tokens among the first of all heads' tokens")
  func demandByCommonRanking() {
    var demand = HeadDemand(shape: Self.shape)
    demand.add([-1, -2, -9, -9], head: Self.first)
    demand.add([-3, -9, -9, -9], head: Self.second)
    #expect(demand.demand(ratio: 0.375) == [[0.5], [0.25]])
  }

  @Test("one question that looks at a token is reason enough")
  func demandOfAnyQuestion() {
    var demand = HeadDemand(shape: Self.shape)
    demand.add([-9, -9, -9, -9], head: Self.first)
    demand.add([-9, -9, -1, -9], head: Self.first)
    demand.add([-5, -9, -9, -9], head: Self.second)
    #expect(demand.demand(ratio: 0.25) == [[0.25], [0.25]])
  }

  @Test("ratios are means over streams, each counting the same, with their deviation")
  func statistics() {
    let statistics = HeadDemandStatistics([[[3], [1]], [[10], [10]]])
    #expect(statistics.ratios == [[0.625], [0.375]])
    #expect(statistics.deviations == [[0.125], [0.125]])
    #expect(statistics.coverage == 0)
  }

  @Test("rankings are compared by Spearman's coefficient, equals sharing their mean rank")
  func rankCorrelation() {
    #expect(abs(HeadDemandStatistics.rankCorrelation([1, 2, 3, 4], [10, 20, 30, 99]) - 1) < 1e-12)
    #expect(abs(HeadDemandStatistics.rankCorrelation([1, 2, 3, 4], [4, 3, 2, 1]) + 1) < 1e-12)
    // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: 4.5 / √(4.5 · 5).
    #expect(abs(HeadDemandStatistics.rankCorrelation([1, 2, 2, 3], [1, 2, 3, 4]) - (0.9).squareRoot()) < 1e-12)
    #expect(HeadDemandStatistics.rankCorrelation([2, 2], [1, 3]) == 1)
  }
}
