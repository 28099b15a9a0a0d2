// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile
import Testing

@Suite struct FloatMatrixTests {
  private let engine: Engine

  init() throws {
    engine = try Engine(threads: ThreadPool(threads: 2), maximumRows: 0, maximumColumns: 0, maximumHeads: 1)
  }

  @Test("some columns of an array's rows are copied")
  func columns() throws {
    let rows = try FloatBuffer(count: 6).rows(width: 2)
    rows.set((0..<20).map(Float.init), rowsOf: 5, rows: 1..<4, column: 2)
    #expect(rows.values(3) == [7, 8, 12, 13, 17, 18])
  }

  @Test("rows are scaled, rows after the last one stay", arguments: [3, 4000])
  func scaling(count: Int) throws {
    let rows = try FloatBuffer(count: (count + 1) * 8).rows(width: 8)
    rows.set((0..<(count + 1) * 8).map(Float.init)[...])
    engine.scale(rows, count: count, by: 0.5)
    let expected = (0..<(count + 1) * 8).map { $0 < count * 8 ? Float($0) / 2 : Float($0) }
    #expect(rows.values(count + 1) == expected)
  }

  @Test("a row can be a weighted sum of others")
  func weightedSum() throws {
    let source = try FloatBuffer([1, 2, 10, 20, 100, 200]).rows(width: 2)
    let target = try FloatBuffer(count: 4)
    target.rows(width: 2).fill(row: 1, sumOf: [(row: 2, weight: 0.5), (row: 0, weight: 2)], of: source)
    #expect(target.values == [0, 0, 52, 104])
  }
}
