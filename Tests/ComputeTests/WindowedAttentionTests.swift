// SPDX-License-Identifier: Apache-2.0

import Compute
import Foundation
import ModelFile
import Testing

/// Operations of the engine that only some vision towers use.
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

  @Test("the GELU by tanh follows its formula, for large values too", arguments: sets)
  func tanhGELU(set: InstructionSet) throws {
    let x: [Float] = [-1e20, -50, -4, -1, -0.25, 0, 0.5, 1, 2, 7, 60, 1e20]
    let buffer = try FloatBuffer(x)
    try engine(set).tanhGELU(buffer.rows(width: x.count), count: 1)
    for (x, y) in zip(x.map(Double.init), buffer.values.map(Double.init)) {
      let expected = x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
      #expect(abs(y - expected) <= 1e-6 * max(abs(expected), 0.1), "at \(x): \(y)")
    }
  }

  @Test("a row can be a weighted sum of others")
  func weightedSum() throws {
    let source = try FloatBuffer([1, 2, 10, 20, 100, 200]).rows(width: 2)
    let target = try FloatBuffer(count: 4)
    target.rows(width: 2).fill(row: 1, sumOf: [(row: 2, weight: 0.5), (row: 0, weight: 2)], of: source)
    #expect(target.values == [0, 0, 52, 104])
  }

  @Test("a range of a matrix's outputs is a matrix of its own", arguments: [TensorType.f16, .q8_0])
  func outputs(type: TensorType) throws {
    let whole = try sampleMatrix(rows: 7, columns: 32, type: type, seed: 8)
    let part = whole.outputs(2..<5)
    let (one, other) = (try FloatBuffer(count: 32), try FloatBuffer(count: 32))
    #expect(part.rows == 3 && part.columns == 32)
    for row in 0..<3 {
      part.dequantize(row: row, into: one.rows(width: 32))
      whole.dequantize(row: row + 2, into: other.rows(width: 32))
      #expect(one.values == other.values)
    }
  }
}
