// SPDX-License-Identifier: Apache-2.0

import Compute
import TestSupport
import Testing

/// Attention over a cache's pages, for each way to store keys and values.
@Suite struct PagedAttentionTests {
  /// Instruction sets of this machine, the portable one among them.
  static let sets = InstructionSet.allCases.filter(\.isAvailable)

  struct Shape: Sendable, CustomTestStringConvertible {
    var headDimension: Int
    var group: Int
    var tokens: Int
    var counts: [Int]
    var pageTokens: Int

    var testDescription: String {
      "\(counts) rows in pages of \(pageTokens), \(group) × \(tokens) queries of \(headDimension)"
    }
  }

  /// Rows that end before, at and after pages and the kernels' blocks; heads with different row counts; few tokens and
  /// many.
  static let shapes: [Shape] = [
    Shape(headDimension: 64, group: 1, tokens: 1, counts: [1], pageTokens: 16),
    Shape(headDimension: 128, group: 6, tokens: 1, counts: [700, 233], pageTokens: 64),
    Shape(headDimension: 128, group: 7, tokens: 1, counts: [257], pageTokens: 16),
    Shape(headDimension: 32, group: 2, tokens: 1, counts: [31, 3, 129], pageTokens: 32),
    Shape(headDimension: 64, group: 4, tokens: 1, counts: [1023, 341], pageTokens: 48),
    Shape(headDimension: 64, group: 17, tokens: 1, counts: [130, 1], pageTokens: 16),
    Shape(headDimension: 256, group: 8, tokens: 1, counts: [300], pageTokens: 16),
    Shape(headDimension: 64, group: 1, tokens: 2, counts: [17, 40], pageTokens: 16),
    Shape(headDimension: 32, group: 2, tokens: 2, counts: [2, 50], pageTokens: 16),
    Shape(headDimension: 128, group: 6, tokens: 5, counts: [263, 5], pageTokens: 32),
    Shape(headDimension: 64, group: 1, tokens: 40, counts: [40, 300], pageTokens: 128),
    Shape(headDimension: 128, group: 2, tokens: 33, counts: [515, 90, 33], pageTokens: 16),
    Shape(headDimension: 256, group: 6, tokens: 17, counts: [272], pageTokens: 16),
    // Not multiples of 32: only some types store them.
    Shape(headDimension: 80, group: 2, tokens: 1, counts: [333, 111], pageTokens: 16),
    Shape(headDimension: 80, group: 6, tokens: 19, counts: [270], pageTokens: 16),
    Shape(headDimension: 6, group: 3, tokens: 1, counts: [77, 20], pageTokens: 16),
    Shape(headDimension: 6, group: 3, tokens: 9, counts: [77, 20], pageTokens: 16),
    Shape(headDimension: 50, group: 2, tokens: 7, counts: [77, 20], pageTokens: 16),
  ]

  @Test("attention over pages is attention by the formula over the stored rows", arguments: shapes, sets)
  func formula(shape: Shape, set: InstructionSet) throws {
    for type in KeyValueType.allCases where type.supports(headDimension: shape.headDimension) {
      let sample = try PagedSample(
        type: type, headDimension: shape.headDimension, pageTokens: shape.pageTokens, counts: shape.counts, seed: 3)
      var samples = Samples(seed: 4)
      let queries = samples.floats(shape.tokens * shape.counts.count * shape.group * shape.headDimension, scale: 2)
      let heads = shape.counts.indices
      let expected = formulaAttention(
        queries, keys: heads.map { sample.stored($0, keys: true) },
        values: heads.map { sample.stored($0, keys: false) }, tokens: shape.tokens, group: shape.group,
        headDimension: shape.headDimension)
      let found = try sample.attend(queries, tokens: shape.tokens, group: shape.group, set: set)
      let difference = relativeDifference(found, expected)
      // Scores of 4-bit keys are sums of larger terms: the minimums, which are the same for all rows, are left out.
      #expect(difference < (type == .q4 ? 5e-6 : 2e-6), "\(type): \(difference)")
    }
  }

  @Test("forks that share rows have the attention that each has alone", arguments: shapes, sets)
  func forks(shape: Shape, set: InstructionSet) throws {
    for type in KeyValueType.allCases where type.supports(headDimension: shape.headDimension) {
      let sample = try PagedSample(
        type: type, headDimension: shape.headDimension, pageTokens: shape.pageTokens, counts: shape.counts, seed: 3)
      let forks = min(shape.counts.min() ?? 1, 9)
      var samples = Samples(seed: 4)
      let queries = samples.floats(forks * shape.counts.count * shape.group * shape.headDimension, scale: 2)
      let expected = try sample.attend(queries, tokens: forks, group: shape.group, set: .portable)
      // Fork f has f rows more than the first one.
      for part in [1, 3] {
        let found = try sample.attend(
          queries, forks: forks, sharing: { (shape.counts[$0] - forks) / part }, group: shape.group, set: set)
        guard shape.counts.allSatisfy({ ($0 - forks) / part > 0 }) else {
          #expect(found == nil)
          continue
        }
        #expect(relativeDifference(try #require(found), expected) < (type == .q4 ? 1e-5 : 5e-6), "\(type)")
      }
    }
  }

  @Test("a plan changes who does the work and not the result", arguments: KeyValueType.allCases, [1, 2, 3, 7])
  func planned(type: KeyValueType, workers: Int) throws {
    let counts = [900, 300, 17, 1]
    let sample = try PagedSample(type: type, headDimension: 64, pageTokens: 32, counts: counts, seed: 8)
    var samples = Samples(seed: 9)
    let queries = samples.floats(counts.count * 6 * 64, scale: 2)
    let expected = try sample.attend(queries, tokens: 1, group: 6, set: .portable, threads: 1)
    // The heads have as many rows as their budgets, or fewer.
    for budgets in [counts, [900, 900, 900, 900], [1, 2, 400, 4000]] {
      for set in Self.sets {
        let plan = AttentionPlan(budgets: budgets, workers: workers)
        let found = try sample.attend(queries, tokens: 1, group: 6, set: set, threads: 2, plan: plan)
        #expect(relativeDifference(found, expected) < 5e-6, "\(set), budgets \(budgets)")
      }
    }
  }

  @Test("a plan for other heads is ignored")
  func strangePlan() throws {
    let sample = try PagedSample(type: .f16, headDimension: 64, pageTokens: 32, counts: [200, 100], seed: 8)
    let queries = Array(repeating: Float(1), count: 4 * 64)
    let plan = AttentionPlan(budgets: [1, 2, 3], workers: 2)
    #expect(
      try sample.attend(queries, tokens: 1, group: 2, set: .best, plan: plan)
        == sample.attend(queries, tokens: 1, group: 2, set: .best))
  }

  @Test("without a plan, results do not depend on the number of threads", arguments: [2, 3, 5])
  func threads(count: Int) throws {
    let sample = try PagedSample(type: .f16, headDimension: 64, pageTokens: 32, counts: [1200, 150], seed: 5)
    var samples = Samples(seed: 6)
    let queries = samples.floats(2 * 6 * 64, scale: 2)
    #expect(
      try sample.attend(queries, tokens: 1, group: 6, set: .best, threads: count)
        == sample.attend(queries, tokens: 1, group: 6, set: .best, threads: 1))
  }

  @Test("scores far apart lose nothing where rows are split", arguments: KeyValueType.allCases)
  func farApart(type: KeyValueType) throws {
    let sample = try PagedSample(type: type, headDimension: 64, pageTokens: 16, counts: [600], seed: 12)
    var samples = Samples(seed: 13)
    let queries = samples.floats(64, scale: 100)
    let expected = formulaAttention(
      queries, keys: [sample.stored(0, keys: true)], values: [sample.stored(0, keys: false)], tokens: 1, group: 1,
      headDimension: 64)
    for set in Self.sets {
      let plan = AttentionPlan(budgets: [600], workers: 3)
      // Scores near 1000 are themselves known to some 6e-5 in 32 bits.
      #expect(
        relativeDifference(try sample.attend(queries, tokens: 1, group: 1, set: set, plan: plan), expected) < 3e-4)
    }
  }
}
