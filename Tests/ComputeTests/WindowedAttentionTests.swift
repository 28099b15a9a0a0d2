// SPDX-License-Identifier: Apache-2.0

import Compute
import Testing

/// Attention as only some vision towers use it.
@Suite struct WindowedAttentionTests {
  static let sets = InstructionSet.allCases.filter(\.isAvailable)

  private func engine(_ set: InstructionSet, threads: Int = 3) throws -> Engine {
    try Engine(
      threads: ThreadPool(threads: threads), maximumRows: 0, maximumColumns: 0, maximumHeads: 3, instructionSet: set)
  }

  @Test("attention within windows is full attention of each window by itself", arguments: sets)
  func windows(set: InstructionSet) throws {
    let (heads, size, ends) = (3, 20, [1, 5, 69, 75, 203])
    let width = heads * size
    let rows = ends[ends.count - 1]
    var samples = Samples(seed: 5)
    let (queries, keys, values) = (
      try FloatBuffer(samples.floats(rows * width, scale: 3)).rows(width: width),
      try FloatBuffer(samples.floats(rows * width, scale: 3)).rows(width: width),
      try FloatBuffer(samples.floats(rows * width)).rows(width: width)
    )
    let found = try FloatBuffer(count: rows * width)
    let expected = try FloatBuffer(count: rows * width)
    try engine(set).attendWithinWindows(
      endingAt: ends, queries: queries, keys: keys, values: values, heads: heads, headDimension: size,
      output: found.rows(width: width))
    for (start, end) in zip([0] + ends, ends) {
      try engine(.portable).attendFully(
        queries: queries.from(start), keys: keys.from(start), values: values.from(start), count: end - start,
        heads: heads, headDimension: size, output: expected.rows(width: width).from(start))
    }
    let difference = zip(found.values, expected.values).map { abs($0 - $1) }.max() ?? .infinity
    #expect(difference < 1e-5)
    #expect(expected.values.allSatisfy { $0 != 0 })
  }
}
