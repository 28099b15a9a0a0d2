// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

/// The rows of a tensor as floats, in order.
struct DequantizedRows: Sequence, IteratorProtocol {
  private let tensor: TensorDescription
  private let file: GGUFFile
  /// Bytes of the tensor that were read.
  private var position = 0

  /// - Parameter tensor: of a type that there are kernels for.
  init(_ tensor: TensorDescription, of file: GGUFFile) {
    self.tensor = tensor
    self.file = file
  }

  /// The next row, `[columns]`.
  mutating func next() -> [Float]? {
    let bytes = file.bytes(of: tensor)
    let columns = tensor.dimensions[0]
    let end = position + columns / tensor.type.elementsPerBlock * tensor.type.bytesPerBlock
    guard end <= bytes.count, end > position else { return nil }
    let stored = UnsafeRawBufferPointer(rebasing: bytes[position..<end])
    position = end
    return [Float](unsafeUninitializedCapacity: columns) { row, count in
      BlockQuantization.dequantize(stored, type: tensor.type, into: row)
      count = columns
    }
  }
}
