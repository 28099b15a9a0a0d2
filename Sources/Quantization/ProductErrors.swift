// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

/// Errors of a matrix's outputs, with the runtime's own kernels: those of quantized weights include what 8-bit
/// activations lose.
public final class ProductErrors {
  private let threads: ThreadPool

  /// - Parameter threads: that share a product.
  public init(threads: Int) { self.threads = ThreadPool(threads: threads) }

  /// Root mean square of the difference between two matrices' outputs, divided by that of the original's.
  ///
  /// - Parameters:
  ///   - inputs: that both are multiplied with.
  ///   - factors: of the channels that `matrix` was scaled by; nil for none. Its inputs take the inverse of its
  ///     columns', and its outputs are divided by its rows'.
  /// - Returns: nil without inputs or outputs.
  /// - Throws: `ComputeError.outOfMemory`.
  public func relativeError(
    of matrix: WeightMatrix, from original: WeightMatrix, inputs: InputSamples,
    factors: ChannelScaling.Factors? = nil
  ) throws(ComputeError) -> Double? {
    guard inputs.count > 0, inputs.columns == matrix.columns, matrix.columns == original.columns,
      matrix.rows == original.rows
    else { return nil }
    let engine = try Engine(
      threads: threads, maximumRows: inputs.count, maximumColumns: matrix.columns, maximumHeads: 1)
    let rows = try FloatBuffer(inputs.values[...])
    var outputs = Array(repeating: Float(0), count: inputs.count * matrix.rows)
    var expected = outputs
    engine.multiply(rows.rows(width: inputs.columns), count: inputs.count, original, to: &expected)
    if let scales = factors?.columns {
      rows.rows(width: inputs.columns).set(Self.divided(inputs.values, by: scales)[...])
    }
    engine.multiply(rows.rows(width: inputs.columns), count: inputs.count, matrix, to: &outputs)
    if let scales = factors?.rows { outputs = Self.divided(outputs, by: scales) }
    var error = 0.0
    var sum = 0.0
    for (output, value) in zip(outputs, expected) {
      let difference = Double(output) - Double(value)
      error += difference * difference
      sum += Double(value) * Double(value)
    }
    return sum > 0 ? (error / sum).squareRoot() : nil
  }

  /// The same for a tensor of two files, by its name; nil where it is not a matrix of both.
  ///
  /// - Throws: `ComputeError.outOfMemory`.
  public func relativeError(
    of name: String, in file: GGUFFile, from original: GGUFFile, inputs: InputSamples,
    factors: ChannelScaling.Factors? = nil
  ) throws(ComputeError) -> Double? {
    guard let matrix = Self.matrix(name, of: file), let plain = Self.matrix(name, of: original) else { return nil }
    return try relativeError(of: matrix, from: plain, inputs: inputs, factors: factors)
  }

  /// - Parameters:
  ///   - values: `[count][scales.count]`.
  ///   - scales: by which each row is divided.
  private static func divided(_ values: [Float], by scales: [Float]) -> [Float] {
    values.indices.map { values[$0] / scales[$0 % scales.count] }
  }

  /// A tensor as a matrix; nil if it is none, or of a type that is not computed with.
  public static func matrix(_ name: String, of file: GGUFFile) -> WeightMatrix? {
    guard let tensor = file.tensor(name), let columns = tensor.dimensions.first, columns > 0 else { return nil }
    return try? WeightMatrix(file: file, tensor: tensor, rows: tensor.elementCount / columns, columns: columns)
  }
}
