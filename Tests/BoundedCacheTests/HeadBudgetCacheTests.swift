// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import TestSupport
import Testing

@Suite("With a head budget profile, heads cache what their groups are given")
struct HeadBudgetCacheTests {
  private let shape = CacheShape(layers: 3, keyValueHeads: 2, headDimension: 8)

  private func marked(_ ratios: [[Double]], budget: Int, policy: RetentionPolicy = .infinipotV) throws -> MarkedCache {
    let budgets = try HeadBudgets(
      profile: HeadBudgetTests.profile(ratios), shape: shape, groupSize: 2)
    return try MarkedCache(layers: 3, heads: 2, budget: budget, policy: policy, headBudgets: budgets)
  }

  @Test("more where the ratio is larger, and all together no more than equal budgets")
  func unequal() throws {
    var marked = try marked([[1, 9], [8, 2], [4, 4]], budget: 160)
    try marked.append(3, to: .system)
    for _ in 0..<400 { try marked.appendPatches(height: 2, width: 2) }
    let cached = try (0..<6).map { try #require(marked.ordinals(layer: $0 / 2, head: $0 % 2)).count }
    #expect(cached[1] == cached[2] && cached[0] == cached[3] && cached[4] == cached[5], "heads of a group are equal")
    #expect(cached[1] > cached[4] && cached[4] > cached[0])
    #expect(marked.cache.count <= 160 && marked.cache.peakCount <= 160)
    #expect(marked.cache.allocatedByteCount <= 160 * shape.bytesPerToken)
  }

  @Test("through streams and questions of any length, every head has cached what was written, in stream order")
  func staysTrue() throws {
    for policy in [RetentionPolicy.infinipotV, .uniform, .slidingWindow] {
      var random = SplitMix64(seed: 3)
      var marked = try marked([[1, 20], [8, 2], [4, 4]], budget: 192, policy: policy)
      try marked.append(5, to: .system)
      for _ in 0..<40 {
        marked.truncateText(to: 0)
        for _ in 0..<Int.random(in: 1...6, using: &random) { try marked.appendPatches(height: 3, width: 2) }
        let question = Int.random(in: 1...24, using: &random)
        try marked.cache.ensureCapacity(for: question)
        try marked.append(question, to: .text)
        for index in 0..<6 {
          let ordinals = try #require(marked.ordinals(layer: index / 2, head: index % 2), "a value was changed")
          #expect(Array(ordinals.prefix(5)) == marked.system && Array(ordinals.suffix(question)) == marked.text)
          #expect(zip(ordinals, ordinals.dropFirst()).allSatisfy(<), "not in stream order")
        }
        #expect(marked.cache.count <= 192)
      }
      #expect(marked.cache.compressionCount > 10)
    }
  }

  @Test("Equal ratios in groups retain what no profile retains")
  func equalSharesAreUniform() throws {
    var grouped = try marked([[1, 1], [1, 1], [1, 1]], budget: 96)
    var plain = try MarkedCache(layers: 3, heads: 2, budget: 96, policy: .infinipotV)
    for _ in 0..<100 {
      try grouped.appendPatches(height: 2, width: 2)
      try plain.appendPatches(height: 2, width: 2)
    }
    for index in 0..<6 {
      #expect(
        grouped.ordinals(layer: index / 2, head: index % 2) == plain.ordinals(layer: index / 2, head: index % 2))
    }
  }

  @Test("A question that the head with the smallest budget cannot hold is refused with a budget that works")
  func saysTheLeast() throws {
    var marked = try marked([[1, 20], [20, 1], [20, 20]], budget: 160)
    for _ in 0..<100 { try marked.appendPatches(height: 2, width: 2) }
    guard
      case .budgetTooSmall(budget: 160, let least) =
        (#expect(throws: CacheError.self) {
          try marked.cache.ensureCapacity(for: 100)
        })
    else {
      Issue.record("not refused for the budget")
      return
    }
    #expect(least > 160 && least < 600)
  }

  @Test("A new budget is divided again")
  func resizes() throws {
    var marked = try marked([[1, 9], [8, 2], [4, 4]], budget: 320)
    for _ in 0..<200 { try marked.appendPatches(height: 2, width: 2) }
    #expect(try marked.cache.setBudget(160) != nil)
    #expect(marked.cache.allocatedByteCount <= 160 * shape.bytesPerToken && marked.cache.count <= 160)
    #expect(try marked.cache.setBudget(480) == nil)
    for _ in 0..<200 { try marked.appendPatches(height: 2, width: 2) }
    for index in 0..<6 { #expect(marked.ordinals(layer: index / 2, head: index % 2) != nil) }
    #expect(marked.cache.count > 300 && marked.cache.count <= 480)
  }
}
