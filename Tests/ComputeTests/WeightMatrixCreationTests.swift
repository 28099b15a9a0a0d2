// SPDX-License-Identifier: Apache-2.0

import Compute
import Foundation
import ModelFile
import TestSupport
import Testing

@Suite struct WeightMatrixCreationTests {
  private func file(_ dimensions: [Int], _ type: TensorType) throws -> GGUFFile {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = folder.path("matrix.gguf")
    let writer = try GGUFWriter(
      path: path, metadata: GGUFMetadata(), tensors: [.init(name: "w", dimensions: dimensions, type: type)])
    try writer.append(
      Array(repeating: 0, count: try #require(TensorDescription.byteCount(dimensions: dimensions, type: type))))
    try writer.finish()
    return try GGUFFile(path: path)
  }

  @Test("a type without kernels is refused by name", arguments: [TensorType.iq2_xxs, .q8_1, .iq1_m, .i32])
  func unsupported(type: TensorType) throws {
    let file = try file([256, 2], type)
    let error = #expect(throws: ComputeError.unsupportedType(tensor: "w", type: type)) {
      try WeightMatrix(file: file, tensor: file.requiredTensor("w"), rows: 2, columns: 256)
    }
    #expect(error?.description.contains(type.name) == true)
    #expect(error?.description.contains("F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K") == true)
  }

  @Test(
    "sizes that the tensor does not have are refused",
    arguments: [(2, 65), (3, 64), (0, 64), (2, 0), (-2, -64), (Int.max, Int.max), (128, 1)])
  func wrongSize(rows: Int, columns: Int) throws {
    let file = try file([64, 2], .q8_0)
    #expect(throws: ComputeError.wrongSize(tensor: "w", rows: rows, columns: columns)) {
      try WeightMatrix(file: file, tensor: file.requiredTensor("w"), rows: rows, columns: columns)
    }
  }

  @Test("the mapped file lives as long as the matrix")
  func lifetime() throws {
    let matrix = try sampleMatrix(rows: 4, columns: 32, type: .f32, seed: 5)
    var samples = Samples(seed: 5)
    let row = try FloatBuffer(count: 32)
    matrix.dequantize(row: 0, into: row.rows(width: 32))
    #expect(row.values == samples.floats(32))
  }

  @Test("memory that the system cannot give is an error, not a trap")
  func outOfMemory() {
    #expect(throws: ComputeError.self) { try FloatBuffer(count: .max) }
    #expect(throws: ComputeError.self) { try FloatBuffer(count: -1) }
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
