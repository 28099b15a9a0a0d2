// SPDX-License-Identifier: Apache-2.0

import Compute
import Inference
import ModelFile

/// Random weights in the formats of model files.
///
/// A quarter of a million values are quantized once for each type and row length. Tensors are made of these blocks,
/// each piece from a random one on. Speed does not depend on the values, and quantizing billions of them would take
/// long.
struct RandomWeights {
  private struct Kind: Hashable {
    var type: TensorType
    var inputs: Int
  }

  private var random: SeededGenerator
  private var stock: [Kind: [UInt8]] = [:]

  /// Values in the stock of one kind: whole blocks of every type.
  private static let stockCount = 1 << 18
  private static let stockColumns = 1 << 12

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
  }

  /// Uniform in -1...1.
  mutating func value() -> Float { random.symmetric() }

  /// The bytes of `count` 32-bit values within 0.1 of `around`.
  mutating func vector(_ count: Int, around: Float) -> [UInt8] {
    let values = (0..<count).map { _ in around + 0.1 * random.symmetric() }
    return values.withUnsafeBytes { Array($0) }
  }

  /// Passes the bytes of a matrix to a closure, piece by piece.
  ///
  /// - Parameters:
  ///   - type: one that `BlockQuantization` can encode.
  ///   - inputs: columns of the matrix.
  ///   - byteCount: bytes of the whole matrix.
  mutating func matrix<E: Error>(
    _ type: TensorType, inputs: Int, byteCount: Int, _ body: (UnsafeRawBufferPointer) throws(E) -> Void
  ) throws(E) {
    let kind = Kind(type: type, inputs: inputs)
    let blocks = stock[kind] ?? quantized(kind)
    stock[kind] = blocks
    var rest = byteCount
    while rest > 0 {
      let first = Int(random.next() % UInt64(blocks.count / type.bytesPerBlock)) * type.bytesPerBlock
      let count = min(rest, blocks.count - first)
      try blocks.withUnsafeBufferPointer { (bytes) throws(E) in
        try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[first..<first + count])))
      }
      rest -= count
    }
  }

  /// Blocks of values such that outputs have the variance of inputs.
  private mutating func quantized(_ kind: Kind) -> [UInt8] {
    let deviation = 1 / Float(max(kind.inputs, 1)).squareRoot()
    let values = (0..<Self.stockCount).map { _ in random.symmetric() * deviation * Float(3).squareRoot() }
    var bytes = [UInt8](
      repeating: 0, count: Self.stockCount / kind.type.elementsPerBlock * kind.type.bytesPerBlock)
    values.withUnsafeBufferPointer { source in
      bytes.withUnsafeMutableBytes { target in
        BlockQuantization.quantize(source, columns: Self.stockColumns, as: kind.type, into: target)
      }
    }
    return bytes
  }
}

extension SeededGenerator {
  /// Uniform in -1...1.
  fileprivate mutating func symmetric() -> Float { Float(2 * nextUnit() - 1) }
}
