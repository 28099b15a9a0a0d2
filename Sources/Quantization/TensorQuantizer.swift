// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

/// Quantizes single tensors of a file in memory, as a run writes them.
public final class TensorQuantizer {
  /// A quantized tensor.
  public struct Result {
    /// The weights.
    public let matrix: WeightMatrix
    /// Root mean square of the weights' error, divided by that of the weights.
    public let relativeError: Double
  }

  private let file: GGUFFile
  private let quantizer: RowQuantizer
  private let importance: QuantizationRun.Importance

  /// `importance` nil for a tensor weighs all its columns the same.
  public init(file: GGUFFile, threads: Int, importance: @escaping QuantizationRun.Importance = { _ in nil }) {
    self.file = file
    self.importance = importance
    quantizer = RowQuantizer(threads: threads)
  }

  /// A tensor of the file in another type.
  ///
  /// - Parameter type: whose blocks rows are a whole number of.
  /// - Throws: `QuantizationError.tooLarge` where there is no memory, `notFinite` or `overflows`.
  public func quantized(_ tensor: TensorDescription, to type: TensorType) throws(QuantizationError) -> Result {
    guard let columns = tensor.dimensions.first, columns > 0 else {
      throw .tooLarge(path: file.path, tensor: tensor.name)
    }
    let bytes = file.bytes(of: tensor)
    let weights = importance(tensor)
    var loss = RowQuantizer.Loss()
    let matrix: WeightMatrix
    do {
      matrix = try WeightMatrix(
        name: tensor.name, type: type, rows: tensor.elementCount / columns, columns: columns
      ) { target in
        loss = quantizer.quantize(
          bytes, as: tensor.type, columns: columns, to: type, factors: nil, firstRow: 0, importance: weights,
          into: target)
      }
    } catch { throw .tooLarge(path: file.path, tensor: tensor.name) }
    try loss.check(tensor, of: file, to: type)
    return Result(matrix: matrix, relativeError: loss.relative)
  }
}

extension RowQuantizer.Loss {
  /// - Throws: `QuantizationError.notFinite` for values that were not finite, or `overflows`.
  func check(_ tensor: TensorDescription, of file: GGUFFile, to type: TensorType) throws(QuantizationError) {
    guard isFinite else { throw .notFinite(path: file.path, tensor: tensor.name) }
    guard squaredError.isFinite else { throw .overflows(path: file.path, tensor: tensor.name, type: type) }
  }
}
