// SPDX-License-Identifier: Apache-2.0

import CKernels
import ModelFile

/// Quantizes floats to ggml's block formats and dequantizes them.
///
/// A new format needs its layout in `CKernels/formats/block_formats.h` and its search for scales in one of
/// `CKernels/formats/quantize*.c`.
public enum BlockQuantization {
  /// Whether `quantize` and `dequantize` support the type. They support all types that have kernels.
  package static func canQuantize(_ type: TensorType) -> Bool { type.kernelType != nil }

  /// Quantizes whole rows. Rows are independent of each other, so threads may share them.
  ///
  /// Without `importance`, Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0 equal what the `gguf` package's `quantize` writes. With it,
  /// and in all other formats, the scales are searched that minimize the weighted squared error. A block with a value
  /// that is not finite has no defined contents, but does not trap.
  ///
  /// - Parameters:
  ///   - rows: `[rows][columns]`.
  ///   - columns: values of a row, whole blocks of `type`.
  ///   - importance: the weight of an error in each column, `[columns]`, not below 0, such as the mean square of the
  ///     activations that the column is multiplied with.
  ///   - target: where the blocks go; the size of the rows in `type`.
  public static func quantize(
    _ rows: UnsafeBufferPointer<Float>, columns: Int, as type: TensorType,
    importance: UnsafeBufferPointer<Float>? = nil, into target: UnsafeMutableRawBufferPointer
  ) {
    guard let kernelType = type.kernelType else { preconditionFailure("\(type.name) cannot be written") }
    guard let source = rows.baseAddress, let bytes = target.baseAddress, !rows.isEmpty else { return }
    precondition(
      columns > 0 && columns % type.elementsPerBlock == 0 && rows.count % columns == 0, "rows are whole blocks")
    precondition(target.count >= rows.count / type.elementsPerBlock * type.bytesPerBlock, "the blocks do not fit")
    precondition((importance?.count ?? columns) >= columns, "each column has its importance")
    ck_quantize(kernelType, source, bytes, rows.count / columns, columns, importance?.baseAddress)
  }

  /// Dequantizes whole blocks, bit for bit as the `gguf` package's `dequantize` does.
  ///
  /// - Parameters:
  ///   - blocks: whole blocks of `type`.
  ///   - target: where the values go; room for all values of the blocks.
  public static func dequantize(
    _ blocks: UnsafeRawBufferPointer, type: TensorType, into target: UnsafeMutableBufferPointer<Float>
  ) {
    guard let kernelType = type.kernelType else { preconditionFailure("\(type.name) cannot be read") }
    guard let source = blocks.baseAddress, let values = target.baseAddress else { return }
    precondition(blocks.count % type.bytesPerBlock == 0, "whole blocks")
    let count = blocks.count / type.bytesPerBlock * type.elementsPerBlock
    precondition(target.count >= count, "the values do not fit")
    ck_dequantize(kernelType, source, values, count)
  }
}
