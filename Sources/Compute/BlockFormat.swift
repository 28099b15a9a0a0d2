// SPDX-License-Identifier: Apache-2.0

import CKernels
import ModelFile

/// The block formats as they are written and read: floats to a tensor's bytes and back.
///
/// A new format takes its layout in `CKernels/groups.h` and its search for scales in one of `CKernels/pack*.c`.
public enum BlockFormat {
  /// Whether `encode` and `decode` know the type: all that the runtime computes with.
  public static func canEncode(_ type: TensorType) -> Bool { type.kernelType != nil }

  /// Packs whole rows. Rows do not touch each other, so callers may share them out over threads.
  ///
  /// Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0 come out as the `gguf` package's `quantize` makes them unless `importance` is
  /// given. These with `importance`, and all other block formats, search for the scales with the least weighted squared
  /// error. What is not finite does not trap; its block is of no use.
  ///
  /// - Parameters:
  ///   - rows: a multiple of `columns` numbers.
  ///   - columns: a row's numbers, whole blocks of `type`.
  ///   - importance: what an error in each column weighs, `columns` numbers not below 0, such as the mean square of
  ///     what the column is multiplied with.
  ///   - target: as many bytes as the rows take in `type`.
  public static func encode(
    _ rows: UnsafeBufferPointer<Float>, columns: Int, as type: TensorType,
    importance: UnsafeBufferPointer<Float>? = nil, into target: UnsafeMutableRawBufferPointer
  ) {
    guard let kernelType = type.kernelType else { preconditionFailure("\(type.name) cannot be written") }
    guard let source = rows.baseAddress, let bytes = target.baseAddress, !rows.isEmpty else { return }
    precondition(
      columns > 0 && columns % type.elementsPerBlock == 0 && rows.count % columns == 0, "rows are whole blocks")
    precondition(target.count >= rows.count / type.elementsPerBlock * type.bytesPerBlock, "the blocks do not fit")
    precondition((importance?.count ?? columns) >= columns, "each column has its importance")
    ck_pack(kernelType, source, bytes, rows.count / columns, columns, importance?.baseAddress)
  }

  /// Unpacks whole blocks, bit for bit as the `gguf` package's `dequantize` does.
  ///
  /// - Parameter target: as many numbers as the blocks hold.
  public static func decode(
    _ blocks: UnsafeRawBufferPointer, type: TensorType, into target: UnsafeMutableBufferPointer<Float>
  ) {
    guard let kernelType = type.kernelType else { preconditionFailure("\(type.name) cannot be read") }
    guard let source = blocks.baseAddress, let numbers = target.baseAddress else { return }
    precondition(blocks.count % type.bytesPerBlock == 0, "whole blocks")
    let count = blocks.count / type.bytesPerBlock * type.elementsPerBlock
    precondition(target.count >= count, "the numbers do not fit")
    ck_unpack(kernelType, source, numbers, count)
  }
}
