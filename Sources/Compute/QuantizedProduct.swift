// SPDX-License-Identifier: Apache-2.0

import CKernels
import ModelFile

/// Products with weights that no file has yet, to find out what a quantization would do to them.
extension Engine {
  /// `output[token] = weights · input[token]` for the first `count` tokens, as for weights of a file: inputs of
  /// quantized weights are quantized to 8 bits in blocks of 32.
  ///
  /// - Parameters:
  ///   - weights: `[output.width][input.width]` as `type`, whose rows are whole blocks.
  ///   - type: a type that has kernels.
  package func multiply(
    _ input: FloatMatrix, count: Int, weights: UnsafeRawBufferPointer, type: TensorType, to output: FloatMatrix
  ) {
    guard let kernelType = type.kernelType, let base = weights.baseAddress else {
      preconditionFailure("\(type.name) has no kernels")
    }
    let rowBytes = input.width / type.elementsPerBlock * type.bytesPerBlock
    precondition(input.width % type.elementsPerBlock == 0, "rows are whole blocks")
    precondition(weights.count >= output.width * rowBytes, "there are fewer weights")
    let product = ck_product(
      weights: base, type: kernelType, row_bytes: rowBytes, rows: output.width, columns: input.width, scale: 1,
      bias: nil, output: output.base, output_stride: output.stride, accumulate: 0,
      schedule: ck_schedule())
    run(input, count: count, products: (product, product, product), productCount: 1)
  }
}
