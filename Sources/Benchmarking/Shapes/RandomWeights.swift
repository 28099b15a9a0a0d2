// SPDX-License-Identifier: Apache-2.0

import Compute
import Inference
import ModelFile

/// Random numbers as a model file stores them.
///
/// A quarter of a million numbers are packed once for each type and width; tensors are then made of these blocks, from
/// another one on each time. Speed does not depend on the numbers, and no time goes into packing billions of them.
struct RandomWeights {
  private struct Kind: Hashable {
    var type: TensorType
    var inputs: Int
  }

  private var random: SeededGenerator
  private var stock: [Kind: [UInt8]] = [:]

  /// Numbers in the stock of one kind: whole blocks of every type.
  private static let stockCount = 1 << 18
  private static let stockColumns = 1 << 12

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
  }

  /// Bytes of a few numbers in 32 bits, within 0.1 of `around`.
  mutating func vector(_ count: Int, around: Float) -> [UInt8] {
    let numbers = (0..<count).map { _ in around + 0.1 * random.symmetric() }
    return numbers.withUnsafeBytes { Array($0) }
  }

  /// Hands out so many bytes of a matrix with `inputs` columns, piece by piece.
  ///
  /// - Parameter type: one that `BlockFormat` can write.
  mutating func matrix<E: Error>(
    _ type: TensorType, inputs: Int, byteCount: Int, _ body: (UnsafeRawBufferPointer) throws(E) -> Void
  ) throws(E) {
    let kind = Kind(type: type, inputs: inputs)
    let blocks = stock[kind] ?? packed(kind)
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

  /// Numbers such that an output varies as much as an input does.
  private mutating func packed(_ kind: Kind) -> [UInt8] {
    let deviation = 1 / Float(max(kind.inputs, 1)).squareRoot()
    let numbers = (0..<Self.stockCount).map { _ in random.symmetric() * deviation * Float(3).squareRoot() }
    var bytes = [UInt8](
      repeating: 0, count: Self.stockCount / kind.type.elementsPerBlock * kind.type.bytesPerBlock)
    numbers.withUnsafeBufferPointer { source in
      bytes.withUnsafeMutableBytes { target in
        BlockFormat.encode(source, columns: Self.stockColumns, as: kind.type, into: target)
      }
    }
    return bytes
  }
}

extension SeededGenerator {
  /// Evenly from -1 to 1.
  fileprivate mutating func symmetric() -> Float { Float(2 * nextUnit() - 1) }
}
