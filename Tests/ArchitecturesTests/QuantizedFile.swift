// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

/// Models whose F16 matrices are stored in another type.
enum QuantizedFile {
  /// The same with blocks of 32.
  static func file(_ original: GGUFFile, as type: TensorType) throws -> GGUFFile {
    try RewrittenFile(original) { tensor, bytes in
      guard tensor.type == .f16 else { return (tensor.dimensions, tensor.type, bytes) }
      return (tensor.dimensions, type, quantize(halves(bytes), type: type))
    }.file
  }

  /// The same weights in 32 bits.
  static func dequantized(_ quantized: GGUFFile) throws -> GGUFFile {
    try RewrittenFile(quantized) { tensor, bytes in
      guard tensor.type.isQuantized else { return (tensor.dimensions, tensor.type, bytes) }
      let matrix = try WeightMatrix(
        file: quantized, tensor: tensor, rows: tensor.dimensions[1], columns: tensor.dimensions[0])
      let row = try FloatBuffer(count: matrix.columns)
      var weights: [Float] = []
      for index in 0..<matrix.rows {
        matrix.dequantize(row: index, into: row.rows(width: matrix.columns))
        weights += row.values
      }
      let words = weights.flatMap { weight in withUnsafeBytes(of: weight.bitPattern.littleEndian) { Array($0) } }
      return (tensor.dimensions, .f32, words)
    }.file
  }
}

func halves(_ bytes: [UInt8]) -> [Float] {
  stride(from: 0, to: bytes.count, by: 2).map { index in
    let bits = UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8
    let size = Float(sign: .plus, exponent: max(Int(bits >> 10 & 31), 1) - 25, significand: 1)
    let fraction = Float(bits & 0x3FF) + (bits >> 10 & 31 > 0 ? 1024 : 0)
    return (bits >> 15 == 0 ? 1 : -1) * fraction * size
  }
}

/// Blocks of 32: a scale in 16 bits and integers, -127...127 in bytes or 0...15 around 8 in nibbles.
private func quantize(_ values: [Float], type: TensorType) -> [UInt8] {
  stride(from: 0, to: values.count, by: 32).flatMap { start -> [UInt8] in
    let block = values[start..<start + 32]
    let largest = block.map(\.magnitude).max() ?? 0
    let bits = scaleBits(largest / (type == .q8_0 ? 127 : 7))
    let scale = halves([UInt8(truncatingIfNeeded: bits), UInt8(bits >> 8)])[0]
    let header = [UInt8(truncatingIfNeeded: bits), UInt8(bits >> 8)]
    let integers = block.map { scale > 0 ? Int(($0 / scale).rounded()) : 0 }
    if type == .q8_0 { return header + integers.map { UInt8(bitPattern: Int8(min(max($0, -127), 127))) } }
    let nibbles = integers.map { UInt8(min(max($0 + 8, 0), 15)) }
    return header + (0..<16).map { nibbles[$0] | nibbles[$0 + 16] << 4 }
  }
}

/// The next 16-bit float not below a positive number of moderate size.
private func scaleBits(_ value: Float) -> UInt16 {
  guard value > 0 else { return 0 }
  let exponent = Int(value.exponent)
  return UInt16(exponent + 15) << 10 + UInt16((value.significand - 1) * 1024) + 1
}
