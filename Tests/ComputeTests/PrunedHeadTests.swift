// SPDX-License-Identifier: Apache-2.0

import Compute
import Testing

@Suite("A pruned head's output is 0, and those of the others are as they were")
struct PrunedHeadTests {
  static let sets = InstructionSet.allCases.filter(\.isAvailable)

  /// - Parameters:
  ///   - whole: the output with all heads, `[rows][heads * size]`.
  ///   - pruned: whether each head is left out.
  private func expect(_ found: [Float], as whole: [Float], pruned: [Bool], size: Int) {
    let width = pruned.count * size
    for index in found.indices {
      let expected = pruned[index % width / size] ? 0 : whole[index]
      // Decoding may split the rows of the other heads elsewhere.
      #expect(abs(found[index] - expected) <= 1e-5 * max(1, abs(expected)), "\(index)")
    }
    #expect(whole.allSatisfy { $0 != 0 })
  }

  @Test("over cached rows, by one token and by several", arguments: sets, [1, 5])
  func cached(set: InstructionSet, tokens: Int) throws {
    let (size, group, counts) = (32, 2, [40, 300, 17])
    let sample = try PagedSample(type: .f16, headDimension: size, pageTokens: 32, counts: counts, seed: 8)
    var samples = Samples(seed: 3)
    let queries = samples.floats(tokens * counts.count * group * size, scale: 2)
    let whole = try sample.attend(queries, tokens: tokens, group: group, set: set)
    for pruned in [[false, true, false], [true, false, true], [true, true, true]] {
      let found = try sample.attend(queries, tokens: tokens, group: group, set: set, pruned: pruned)
      expect(found, as: whole, pruned: pruned.flatMap { [$0, $0] }, size: size)
      let plan = AttentionPlan(budgets: counts, workers: 2)
      let planned = try sample.attend(queries, tokens: tokens, group: group, set: set, plan: plan, pruned: pruned)
      expect(planned, as: whole, pruned: pruned.flatMap { [$0, $0] }, size: size)
    }
  }

  @Test("over all rows, and within windows", arguments: sets)
  func full(set: InstructionSet) throws {
    let (heads, size, rows) = (3, 20, 75)
    let width = heads * size
    var samples = Samples(seed: 5)
    let inputs = try (0..<3).map { _ in try FloatBuffer(samples.floats(rows * width, scale: 2)).rows(width: width) }
    func run(_ pruned: [Bool], windows: [Int]?) throws -> [Float] {
      let output = try FloatBuffer(samples.floats(rows * width))
      let engine = try Engine(
        threads: ThreadPool(threads: 2), maximumRows: 0, maximumColumns: 0, maximumHeads: heads, instructionSet: set)
      if let windows {
        engine.attendWithinWindows(
          endingAt: windows, queries: inputs[0], keys: inputs[1], values: inputs[2], heads: heads,
          headDimension: size, pruned: pruned, output: output.rows(width: width))
      } else {
        engine.attendFully(
          queries: inputs[0], keys: inputs[1], values: inputs[2], count: rows, heads: heads, headDimension: size,
          pruned: pruned, output: output.rows(width: width))
      }
      return output.values
    }
    for windows in [nil, [5, 69, 75]] {
      let pruned = [false, true, false]
      expect(try run(pruned, windows: windows), as: try run([], windows: windows), pruned: pruned, size: size)
    }
  }
}
