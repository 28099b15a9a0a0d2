// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile
import TestSupport
import Testing

@Suite("Repacked weights")
struct RepackedWeightsTests {
  static let types: [TensorType] = [
    .q8_0, .q4_0, .q4_1, .q5_0, .q4_K, .q6_K, .iq4_nl, .iq4_xs, .mxfp4, .nvfp4, .tq1_0, .tq2_0, .amxfp4, .dint4,
    .sawb2,
  ]
  static let sets = InstructionSet.allCases.filter(\.supportsRepacking)

  @Test("The instruction sets that repack weights are all but the portable one")
  func instructionSets() {
    #expect(Self.sets == InstructionSet.compared)
    #expect(!Self.sets.isEmpty, "nothing is tested here: this processor has the portable one only")
  }

  private func engine(_ set: InstructionSet = .best) throws -> Engine {
    try Engine(
      threads: ThreadPool(threads: 2), maximumRows: 260, maximumColumns: 2560, maximumHeads: 4,
      bf16Attention: .never, instructionSet: set)
  }

  private func product(
    _ matrix: WeightMatrix, tokens: Int, accumulate: Bool = false, set: InstructionSet = .best
  ) throws -> [Float] {
    var samples = Samples(seed: 7)
    let input = try FloatBuffer(samples.floats(tokens * matrix.columns))
    let output = try FloatBuffer(samples.floats(tokens * matrix.rows))
    let bias = try FloatBuffer(samples.floats(matrix.rows))
    try engine(set).multiply(
      input.rows(width: matrix.columns), count: tokens,
      Engine.Product(matrix, bias: bias, to: output.rows(width: matrix.rows), accumulate: accumulate))
    return output.values
  }

  // Shapes leave remainders of panels, of tiles and of the part of a row that is multiplied at a time.
  @Test("Products are the same as of mapped weights", arguments: types, sets)
  func sameProducts(type: TensorType, set: InstructionSet) throws {
    for (rows, columns) in [(1, 256), (37, 768), (50, 2560)] {
      let repacked = try sampleMatrix(rows: rows, columns: columns, type: type, seed: 5)
      let mapped = try sampleMatrix(rows: rows, columns: columns, type: type, seed: 5, layout: .mapped)
      for tokens in [1, 2, 5, 13, 130, 250] {
        for accumulate in [false, true] {
          let difference = relativeDifference(
            try product(repacked, tokens: tokens, accumulate: accumulate, set: set),
            try product(mapped, tokens: tokens, accumulate: accumulate, set: .portable))
          #expect(difference < 8e-6, "\(rows)×\(columns), \(tokens) tokens: \(difference)")
        }
      }
    }
  }

  @Test("A matrix that is repacked in several stretches gives the same products, and its rows can still be read")
  func largeMatrix() throws {
    // Ten megabytes and a remainder of a panel.
    let (rows, columns) = (18_445, 512)
    let repacked = try sampleMatrix(rows: rows, columns: columns, type: .q8_0, seed: 11)
    let mapped = try sampleMatrix(rows: rows, columns: columns, type: .q8_0, seed: 11, layout: .mapped)
    #expect(repacked.byteCount > 9 << 20)
    #expect(
      relativeDifference(try product(repacked, tokens: 2), try product(mapped, tokens: 2, set: .portable)) < 8e-6)
    for row in [0, 7_711, 15_424, rows - 1] {
      let found = try [repacked, mapped].map { matrix in
        let values = try FloatBuffer(count: columns)
        matrix.dequantize(row: row, into: values.rows(width: columns))
        if row == 0 { matrix.releaseDequantizedRows() }
        return values.values
      }
      #expect(found[0] == found[1])
    }
  }

  @Test("The outputs of a token do not depend on the tokens beside it", arguments: types, sets)
  func independentTokens(type: TensorType, set: InstructionSet) throws {
    let matrix = try sampleMatrix(rows: 37, columns: 768, type: type, seed: 6)
    func firstToken(of tokens: Int) throws -> [Float] {
      var samples = Samples(seed: 7)
      let input = try FloatBuffer(samples.floats(tokens * 768))
      let output = try FloatBuffer(count: tokens * 37)
      try engine(set).multiply(
        input.rows(width: 768), count: tokens, Engine.Product(matrix, to: output.rows(width: 37)))
      return Array(output.values[..<37])
    }
    let alone = try firstToken(of: 1)
    for tokens in [4, 12, 17] { #expect(try firstToken(of: tokens) == alone) }
  }

  @Test("Floats that are repacked to 8 bits compute as Q8_0 does", arguments: [TensorType.f32, .f16, .bf16])
  func rounded(type: TensorType) throws {
    let (rows, columns) = (37, 288)
    let matrix = try sampleMatrix(rows: rows, columns: columns, type: type, seed: 8, layout: .repackedQ8)
    let exact = try sampleMatrix(rows: rows, columns: columns, type: type, seed: 8, layout: .mapped)
    for tokens in [1, 19] {
      let difference = relativeDifference(try product(matrix, tokens: tokens), try product(exact, tokens: tokens))
      // Eight bits for weights and as many for inputs.
      #expect(difference < 1e-2, "\(tokens) tokens")
      #expect((difference > 1e-4) == InstructionSet.best.supportsRepacking, "\(tokens) tokens: \(difference)")
    }
  }

  @Test("Floats whose rows are not whole blocks stay mapped")
  func unevenRows() throws {
    let matrix = try sampleMatrix(rows: 20, columns: 91, type: .f16, seed: 9, layout: .repackedQ8)
    let exact = try sampleMatrix(rows: 20, columns: 91, type: .f16, seed: 9, layout: .mapped)
    #expect(!matrix.takesQuantizedActivations)
    #expect(try product(matrix, tokens: 5) == product(exact, tokens: 5))
  }

  @Test("A part of a matrix is repacked by itself, and rows can still be read")
  func parts() throws {
    let whole = try sampleMatrix(rows: 60, columns: 256, type: .q8_0, seed: 10)
    let all = try product(whole, tokens: 1, set: .best)
    var samples = Samples(seed: 7)
    let input = try FloatBuffer(samples.floats(256))
    let before = samples.floats(60)
    let bias = samples.floats(60)
    #expect(before.count == bias.count)
    let part = whole.outputs(7..<40)
    let output = try FloatBuffer(count: 33)
    try engine().multiply(input.rows(width: 256), count: 1, Engine.Product(part, to: output.rows(width: 33)))
    #expect(relativeDifference(output.values, zip(all, bias).map { $0 - $1 }[7..<40].map { $0 }) < 1e-5)
    let row = try FloatBuffer(count: 256)
    let expected = try FloatBuffer(count: 256)
    whole.dequantize(row: 9, into: row.rows(width: 256))
    try sampleMatrix(rows: 60, columns: 256, type: .q8_0, seed: 10).dequantize(row: 9, into: expected.rows(width: 256))
    #expect(row.values == expected.values)
  }
}
