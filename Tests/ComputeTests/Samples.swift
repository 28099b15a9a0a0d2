// SPDX-License-Identifier: Apache-2.0

import Compute
import Foundation
import ModelFile
import TestSupport

/// Pseudo-random values that are the same in every run.
struct Samples: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  mutating func floats(_ count: Int, scale: Float = 1) -> [Float] {
    (0..<count).map { _ in Float.random(in: -1...1, using: &self) * scale }
  }

  /// Bytes of `count` weights of a type, none of them extreme.
  mutating func weights(_ count: Int, type: TensorType) -> [UInt8] {
    switch type {
    case .f32: floats(count).flatMap { bytes($0.bitPattern) }
    case .f16: floats(count).flatMap { bytes(halfBits($0)) }
    case .bf16: floats(count).flatMap { bytes(UInt16($0.bitPattern >> 16)) }
    default:
      (0..<count / type.elementsPerBlock).flatMap { _ in
        var block = (0..<type.bytesPerBlock).map { _ in UInt8.random(in: 0...255, using: &self) }
        for offset in scaleOffsets(type) {
          block.replaceSubrange(
            offset..<offset + 2, with: bytes(halfBits(Float.random(in: 0.005...0.02, using: &self))))
        }
        if type == .mxfp4 { block[0] = UInt8.random(in: 118...121, using: &self) }
        if type == .nvfp4 { for at in 0..<4 { block[at] = UInt8.random(in: 8...40, using: &self) } }
        if type == .amxfp4 { for at in 0..<2 { block[at] = UInt8.random(in: 28...44, using: &self) } }
        return block
      }
    }
  }

  /// Byte offsets of the half-precision scales and minimums of a block.
  private func scaleOffsets(_ type: TensorType) -> [Int] {
    switch type {
    case .q4_1, .q5_1, .q4_K, .q5_K: [0, 2]
    case .q2_K: [80, 82]
    case .q3_K: [108]
    case .q6_K: [208]
    case .tq1_0: [52]
    case .tq2_0, .sawb2: [64]
    case .mxfp4, .nvfp4, .amxfp4: []
    default: [0]
    }
  }

  private func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

/// A float of moderate size as the bits of a half, truncated instead of rounded.
func halfBits(_ value: Float) -> UInt16 {
  let bits = value.bitPattern
  let exponent = Int(bits >> 23 & 0xFF) - 112
  guard exponent > 0 else { return 0 }
  return UInt16(bits >> 16 & 0x8000) | UInt16(exponent) << 10 | UInt16(bits >> 13 & 0x3FF)
}

/// A matrix of samples in a file of its own, which is deleted at once and stays mapped.
func sampleMatrix(
  rows: Int, columns: Int, type: TensorType, seed: UInt64, layout: WeightLayout = .repacked
) throws -> WeightMatrix {
  var samples = Samples(seed: seed)
  let folder = try TemporaryFolder()
  defer { withExtendedLifetime(folder) {} }
  let path = folder.path("samples.gguf")
  let writer = try GGUFWriter(
    path: path, metadata: GGUFMetadata(), tensors: [.init(name: "w", dimensions: [columns, rows], type: type)])
  try writer.append(samples.weights(rows * columns, type: type))
  try writer.finish()
  let file = try GGUFFile(path: path)
  return try WeightMatrix(file: file, tensor: file.requiredTensor("w"), rows: rows, columns: columns, layout: layout)
}

extension FloatBuffer {
  convenience init(_ values: [Float]) throws {
    try self.init(count: values.count)
    rows(width: max(values.count, 1)).set(values[...])
  }
}
