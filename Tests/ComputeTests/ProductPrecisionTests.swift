// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile
import Testing

@Suite("The precision of a product")
struct ProductPrecisionTests {
  private static let columns = 256
  private static let rows = 16

  /// Values that 8 bits in blocks of 32 cannot hold: each block has a large one and small ones.
  private static let inputs = (0..<columns).map { index in
    index % 32 == 0 ? Float(1) : Float((index * 37) % 101) * 0.00031
  }

  private func matrix(_ type: TensorType) throws -> WeightMatrix {
    let weights = (0..<Self.rows * Self.columns).map { Float(($0 * 7919) % 23 - 11) / 16 }
    return try WeightMatrix(name: "w", type: type, rows: Self.rows, columns: Self.columns) { target in
      weights.withUnsafeBufferPointer {
        BlockQuantization.quantize($0, columns: Self.columns, as: type, into: target)
      }
    }
  }

  private func outputs(_ matrix: WeightMatrix, _ inputs: [Float], _ set: InstructionSet) throws -> [Float] {
    let engine = try Engine(
      threads: ThreadPool(threads: 1), maximumRows: 1, maximumColumns: Self.columns, maximumHeads: 1,
      instructionSet: set)
    var outputs = Array(repeating: Float(0), count: Self.rows)
    let rows = try FloatBuffer(inputs[...]).rows(width: Self.columns)
    engine.multiply(rows, count: 1, matrix, to: &outputs)
    return outputs
  }

  /// The same inputs as the blocks of 8 bits have them.
  private func rounded() throws -> [Float] {
    var result: [Float] = []
    for start in stride(from: 0, to: Self.columns, by: 32) {
      let block = Self.inputs[start..<start + 32]
      let scale = (block.map(abs).max() ?? 0) / 127
      result += block.map { ($0 / scale).rounded() * scale }
    }
    return result
  }

  @Test("says of every type whether the kernels round the inputs to 8 bits", arguments: ComputeError.supportedTypes)
  func activations(type: TensorType) throws {
    let precision = try #require(ProductPrecision(type: type, columns: Self.columns))
    for set in InstructionSet.allCases where set.isAvailable {
      let exact = try outputs(matrix(type), Self.inputs, set)
      let coarse = try outputs(matrix(type), rounded(), set)
      let scale = exact.map(abs).max() ?? 1
      let difference = (zip(exact, coarse).map { abs($0 - $1) }.max() ?? 0) / scale
      // Rounded inputs are rounded to themselves.
      #expect((difference < 1e-5) == (precision.activations == .int8), "\(set): \(difference)")
    }
    #expect(try matrix(type).takesQuantizedActivations == (precision.activations == .int8))
  }

  @Test("is named by the bits of weights and activations")
  func names() {
    for (type, name) in [
      (TensorType.q4_K, "W4A8"), (.iq4_nl, "W4A8"), (.q8_0, "W8A8"), (.q2_K, "W2A8"), (.tq1_0, "W2A8"),
      (.q6_K, "W6A8"), (.f16, "W16A32"), (.bf16, "W16A32"), (.f32, "W32A32"),
    ] {
      #expect(ProductPrecision(type: type, columns: 256)?.name == name)
    }
    #expect(ProductPrecision(type: .iq1_s, columns: 256) == nil)
  }

  @Test("of floats is that of Q8_0 where they are repacked to 8 bits, which takes whole blocks")
  func repacked() {
    #expect(ProductPrecision(type: .f16, columns: 256, layout: .repackedQ8)?.name == "W8A8")
    #expect(ProductPrecision(type: .f16, columns: 36, layout: .repackedQ8)?.name == "W16A32")
    #expect(ProductPrecision(type: .q4_K, columns: 256, layout: .repackedQ8)?.name == "W4A8")
    #expect(ProductPrecision(type: .q4_K, columns: 256, layout: .mapped)?.name == "W4A8")
  }
}
