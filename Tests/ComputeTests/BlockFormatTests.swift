// SPDX-License-Identifier: Apache-2.0

import Compute
import Foundation
import ModelFile
import TestSupport
import Testing

/// Blocks that the gguf package read and wrote (Goldens/make_goldens.py).
private func golden() throws -> GGUFFile {
  let url = try #require(Bundle.module.url(forResource: "Goldens/blocks", withExtension: "gguf"))
  return try GGUFFile(path: url.path)
}

private let quantized = ComputeError.supportedTypes.filter(\.isQuantized)

private func decoded(_ blocks: UnsafeRawBufferPointer, _ type: TensorType) -> [Float] {
  let count = blocks.count / type.bytesPerBlock * type.elementsPerBlock
  return Array(unsafeUninitializedCapacity: count) { target, initialized in
    BlockQuantization.dequantize(blocks, type: type, into: target)
    initialized = count
  }
}

private func encoded(_ values: [Float], columns: Int, as type: TensorType, importance: [Float]? = nil) -> [UInt8] {
  let size = values.count / type.elementsPerBlock * type.bytesPerBlock
  return Array(unsafeUninitializedCapacity: size) { target, initialized in
    values.withUnsafeBufferPointer { values in
      let bytes = UnsafeMutableRawBufferPointer(target)
      if let importance {
        importance.withUnsafeBufferPointer {
          BlockQuantization.quantize(values, columns: columns, as: type, importance: $0, into: bytes)
        }
      } else {
        BlockQuantization.quantize(values, columns: columns, as: type, into: bytes)
      }
    }
    initialized = size
  }
}

/// ‖decoded − values‖ / ‖values‖, each column's error weighted.
private func loss(
  _ values: [Float], _ type: TensorType, weights: [Float]? = nil, importance: [Float]? = nil
) -> Double {
  let columns = weights?.count ?? values.count
  let found = encoded(values, columns: columns, as: type, importance: importance).withUnsafeBytes { decoded($0, type) }
  let roots = weights.map { $0.map { $0.squareRoot() } } ?? [1]
  let scaled = { (values: [Float]) in values.indices.map { values[$0] * roots[$0 % roots.count] } }
  return relativeDifference(scaled(found), scaled(values))
}

@Suite struct BlockFormatTests {
  @Test("blocks are read bit for bit as the gguf package reads them", arguments: quantized)
  func decoding(type: TensorType) throws {
    let file = try golden()
    let found = decoded(try file.bytes(of: file.requiredTensor("\(type.name).blocks")), type)
    let expected = try file.bytes(of: file.requiredTensor("\(type.name).floats"))
    #expect(found.count * 4 == expected.count)
    for (index, value) in found.enumerated() {
      let bits = expected.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
      let wanted = Float(bitPattern: bits)
      // Not-a-number has many patterns, of which processors choose differently.
      #expect(value.bitPattern == bits || (value.isNaN && wanted.isNaN), "\(index): \(value) is not \(wanted)")
    }
  }

  @Test(
    "floats are written byte for byte as the gguf package writes them",
    arguments: [TensorType.f16, .bf16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0])
  func encoding(type: TensorType) throws {
    let file = try golden()
    let values = decoded(try file.bytes(of: file.requiredTensor("numbers")), .f32)
    let expected = try file.bytes(of: file.requiredTensor("numbers.\(type.name)"))
    #expect(encoded(values, columns: values.count, as: type).elementsEqual(expected))
  }

  @Test(
    "what is written comes back as near as the bits of the format allow",
    arguments: [
      (TensorType.q8_0, 0.006), (.q4_0, 0.1), (.q4_1, 0.09), (.q5_0, 0.05), (.q5_1, 0.045), (.q2_K, 0.3),
      (.q3_K, 0.17), (.q4_K, 0.085), (.q5_K, 0.042), (.q6_K, 0.021), (.iq4_nl, 0.085), (.iq4_xs, 0.085), (.mxfp4, 0.12),
      (.nvfp4, 0.12), (.amxfp4, 0.1), (.dint4, 0.1), (.sawb2, 0.4), (.tq1_0, 0.5), (.tq2_0, 0.5),
    ])
  func roundTrip(type: TensorType, limit: Double) {
    var samples = Samples(seed: 21)
    // Sums of four are bell-shaped, as weights are.
    let values = (0..<8192).map { _ in samples.floats(4, scale: 0.05).reduce(0, +) }
    let found = loss(values, type)
    #expect(found < limit)
    #expect(found > limit / 2, "a tighter limit would do")
  }

  @Test(
    "importance moves the error to columns that matter less",
    // The scale of SAWB2 follows from the moments of a row.
    arguments: quantized.filter { $0 != .sawb2 })
  func importance(type: TensorType) {
    var samples = Samples(seed: 22)
    let values = zip(samples.floats(8 * 1024), samples.floats(8 * 1024)).map { $0 * $1 * abs($1) }
    let weights = (0..<1024).map { _ in Float.random(in: 0...1, using: &samples) < 0.1 ? Float(20) : 0.05 }
    #expect(loss(values, type, weights: weights, importance: weights) < loss(values, type, weights: weights))
  }

  @Test(
    "whole numbers come back exactly where they reach the ends of the grid",
    arguments: [(TensorType.q2_K, 0, 3), (.q3_K, -4, 3), (.q4_K, 0, 15), (.q5_K, 0, 31), (.q6_K, -32, 31)])
  func exact(type: TensorType, low: Int, high: Int) {
    var samples = Samples(seed: 23)
    let values = (0..<512).map {
      $0 % 16 == 0 ? Float(low) : $0 % 16 == 1 ? Float(high) : Float(Int.random(in: low...high, using: &samples))
    }
    // The scale itself is rounded to 11 bits.
    #expect(loss(values, type) < 5e-4)
  }

  @Test(
    "a constant comes back as such, whatever its sign",
    // The outer levels of SAWB2 are 1.056 times a constant.
    arguments: quantized.filter { $0 != .sawb2 })
  func constants(type: TensorType) {
    // The largest value of NVFP4 is 6 * 448.
    for value in [Float(0.75), -0.75, 0.046875, type == .nvfp4 ? -1536 : -12288] {
      let values = Array(repeating: value, count: 512)
      #expect(loss(values, type) < 5e-3, "\(value)")
      #expect(loss(values, type, importance: (0..<512).map { Float(1 + $0 % 7) }) < 5e-3, "\(value), weighted")
    }
  }

  @Test("SAWB2 has one scale for a row, from its first two moments, and no weight of 0")
  func sawb2() {
    var samples = Samples(seed: 26)
    let row = (0..<512).map { _ in samples.floats(4).reduce(0, +) }
    let squares = row.reduce(0) { $0 + Double($1) * Double($1) } / 512
    let sizes = row.reduce(0) { $0 + Double(abs($1)) } / 512
    let largest = 3.12 * squares.squareRoot() - 2.064 * sizes
    let found = encoded(row, columns: 512, as: .sawb2).withUnsafeBytes { decoded($0, .sawb2) }
    for (value, after) in zip(row, found) {
      #expect(abs(abs(Double(after)) - (abs(Double(value)) > 2 * largest / 3 ? 1 : 1.0 / 3) * largest) < 1e-3 * largest)
      #expect((value < 0) == (after < 0))
    }
  }

  @Test("DINT4 keeps small weights that whole steps would make zero")
  func dint4() {
    var samples = Samples(seed: 27)
    // Heavy tails: most weights are far below the largest.
    let values = zip(samples.floats(8192), samples.floats(8192)).map { $0 * $1 * abs($1) }
    let zeros = { (type: TensorType) in
      encoded(values, columns: 8192, as: type).withUnsafeBytes { decoded($0, type) }.count { $0 == 0 }
    }
    #expect(zeros(.dint4) * 6 < zeros(.q4_0) * 5)
    #expect(loss(values, .dint4) < loss(values, .q4_0))
  }

  @Test("AMXFP4 gives positive and negative weights a scale each, so that one-sided blocks lose less than in MXFP4")
  func amxfp4() {
    var samples = Samples(seed: 28)
    let oneSided = samples.floats(8192).map { $0 > 0 ? $0 * 4 : $0 / 8 }
    #expect(loss(oneSided, .amxfp4) < 0.85 * loss(oneSided, .mxfp4))
  }

  @Test("zeros come back as zeros", arguments: quantized)
  func zeros(type: TensorType) {
    let zeros = Array(repeating: Float(0), count: 256)
    #expect(encoded(zeros, columns: 256, as: type).withUnsafeBytes { decoded($0, type) } == zeros)
  }

  @Test("values that are not finite, tiny or huge are quantized without a trap", arguments: quantized)
  func extremes(type: TensorType) {
    let size = 256 / type.elementsPerBlock * type.bytesPerBlock
    for extreme in [Float.nan, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude, 1e-30, 1e30] {
      var samples = Samples(seed: 24)
      let alone = samples.floats(255) + [extreme]
      for values in [Array(repeating: extreme, count: 256), alone, samples.floats(256, scale: extreme)] {
        #expect(encoded(values, columns: 256, as: type).count == size)
        #expect(encoded(values, columns: 256, as: type, importance: values).count == size)
      }
    }
  }

  @Test("rows quantized one by one are the same as rows quantized together", arguments: quantized)
  func rows(type: TensorType) {
    var samples = Samples(seed: 25)
    let values = samples.floats(3 * 512)
    let importance = samples.floats(512).map(abs)
    let apart = (0..<3).flatMap {
      encoded(Array(values[$0 * 512..<($0 + 1) * 512]), columns: 512, as: type, importance: importance)
    }
    #expect(encoded(values, columns: 512, as: type, importance: importance) == apart)
  }

  @Test("only types with kernels can be written")
  func canEncode() {
    #expect(TensorType.allCases.filter(BlockQuantization.canQuantize) == ComputeError.supportedTypes)
  }
}
