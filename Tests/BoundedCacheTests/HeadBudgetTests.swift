// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import TestSupport
import Testing

@Suite("Budgets of heads follow their ratios")
struct HeadBudgetTests {
  static let shape = CacheShape(layers: 3, keyValueHeads: 2, headDimension: 8)

  static func profile(_ ratios: [[Double]], shape: CacheShape = shape) throws -> HeadBudgetProfile {
    try HeadBudgetProfile(
      model: ModelFingerprint(name: "test", shape: shape, digest: "0123"), ratios: ratios,
      deviations: ratios.map { $0.map { _ in 0 } }, stability: .init(mean: 1, least: 1), coverage: 1,
      origin: .init(measure: "made up", ratio: 0.25, streams: 1, questions: 1))
  }

  @Test("heads of similar ratio form a group, whatever their layers")
  func groupsByRatio() throws {
    let profile = try Self.profile([[1, 9], [8, 2], [4, 4]])
    let budgets = try HeadBudgets(profile: profile, shape: Self.shape, groupSize: 2)
    #expect(
      budgets.groups == [
        [HeadIndex(layer: 0, head: 1), HeadIndex(layer: 1, head: 0)],
        [HeadIndex(layer: 2, head: 0), HeadIndex(layer: 2, head: 1)],
        [HeadIndex(layer: 0, head: 0), HeadIndex(layer: 1, head: 1)],
      ])
    #expect(zip(budgets.weights, [17.0 / 28, 8.0 / 28, 3.0 / 28]).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test("without a floor, a group's heads get its ratio, and the total is that of equal budgets")
  func dividesByRatio() throws {
    let profile = try Self.profile([[1, 9], [9, 1], [5, 5]])
    let budgets = try HeadBudgets(profile: profile, shape: Self.shape, groupSize: 2, floor: 0)
    // Each head gets one token; 99 · 6 are divided 18 : 10 : 2 over pairs of heads, and one pair of the
    // remainders (0.2, 0, 0.8) is left over for the last.
    #expect(budgets.tokens(forUniform: 100) == [179, 100, 21])
  }

  @Test("never more than equal budgets, and less by fewer than a group's heads", arguments: 1...9)
  func isExact(groupSize: Int) throws {
    var random = SplitMix64(seed: 7)
    let shape = CacheShape(layers: 5, keyValueHeads: 3, headDimension: 8)
    for count in [1, 2, 7, 64, 1001] {
      let ratios = (0..<5).map { _ in (0..<3).map { _ in Double(random.next() >> 40) } }
      let budgets = try HeadBudgets(
        profile: Self.profile(ratios, shape: shape), shape: shape, groupSize: groupSize)
      let tokens = budgets.tokens(forUniform: count)
      let total = zip(budgets.groups, tokens).reduce(0) { $0 + $1.0.count * $1.1 }
      #expect(total <= count * 15)
      #expect(total > count * 15 - groupSize)
      #expect(tokens.allSatisfy { $0 >= max(1, count / 4) })
      #expect(tokens == tokens.sorted(by: >) || groupSize > 1)
    }
  }

  @Test("every head is in one group")
  func groupsAreAPartition() throws {
    let shape = CacheShape(layers: 7, keyValueHeads: 3, headDimension: 8)
    let budgets = try HeadBudgets(profile: nil, shape: shape, groupSize: 4)
    #expect(budgets.groups.map(\.count) == [4, 4, 4, 4, 4, 1])
    #expect(Set(budgets.groups.joined()).count == 21)
  }

  @Test("without a profile every head gets the same")
  func dividesEqually() throws {
    for groupSize in 1...7 {
      let budgets = try HeadBudgets(profile: nil, shape: Self.shape, groupSize: groupSize)
      #expect(budgets.tokens(forUniform: 90).allSatisfy { $0 == 90 })
    }
  }

  @Test("nothing is divided into nothing")
  func dividesNothing() throws {
    let budgets = try HeadBudgets(profile: nil, shape: Self.shape, groupSize: 2)
    #expect(budgets.tokens(forUniform: 0) == [0, 0, 0])
  }

  @Test("grouping by ratio wastes less than grouping neighbours")
  func wastesLess() throws {
    let profile = try Self.profile([[1, 9], [9, 1], [5, 5]])
    let budgets = try HeadBudgets(profile: profile, shape: Self.shape, groupSize: 2)
    let adjacent = HeadBudgets.adjacentGroups(of: Self.shape, size: 2)
    #expect(HeadBudgets.waste(of: budgets.groups, ratios: profile.ratios) == 0)
    #expect(abs(HeadBudgets.waste(of: adjacent, ratios: profile.ratios) - 16.0 / 46) < 1e-12)
  }

  @Test("a profile of another shape is refused")
  func refusesOtherShapes() throws {
    let profile = try Self.profile([[1, 1], [1, 1], [1, 1]])
    let other = CacheShape(layers: 3, keyValueHeads: 2, headDimension: 16)
    #expect(throws: HeadBudgetProfileError.wrongShape(table: "ratios", layers: 3, heads: 2)) {
      _ = try HeadBudgets(profile: profile, shape: other, groupSize: 2)
    }
  }
}
