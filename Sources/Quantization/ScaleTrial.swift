// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

/// Some rows of a matrix, for trials of scales.
struct ScaledMatrix {
  /// `[rows][columns]`
  let weights: [Float]
  let rows: Int
  let columns: Int
  /// The type that the matrix is to have.
  let target: TensorType
  /// Mean squares of the inputs by column; nil if unknown.
  let importance: [Float]?
  /// The largest magnitude of each column over all rows of the matrix.
  let maxima: [Float]

  /// Reads the matrix.
  ///
  /// - Parameter limit: rows that are kept, evenly spaced, at most.
  init(file: GGUFFile, tensor: TensorDescription, target: TensorType, limit: Int, importance: [Float]?) {
    let columns = tensor.dimensions.first ?? 0
    let bytes = file.bytes(of: tensor)
    let rowBytes = columns / tensor.type.elementsPerBlock * tensor.type.bytesPerBlock
    let all = rowBytes > 0 ? bytes.count / rowBytes : 0
    let kept = min(all, limit)
    var weights: [Float] = []
    weights.reserveCapacity(kept * columns)
    var maxima = Array(repeating: Float(0), count: columns)
    var values = Array(repeating: Float(0), count: columns)
    for row in 0..<all {
      let source = UnsafeRawBufferPointer(rebasing: bytes[row * rowBytes..<(row + 1) * rowBytes])
      values.withUnsafeMutableBufferPointer { BlockQuantization.dequantize(source, type: tensor.type, into: $0) }
      for column in 0..<columns { maxima[column] = max(maxima[column], values[column].magnitude) }
      if weights.count / max(columns, 1) < kept, row == weights.count / columns * all / kept { weights += values }
    }
    file.release(0..<bytes.count, of: tensor)
    self.weights = weights
    rows = kept
    self.columns = columns
    self.target = target
    self.importance = importance
    self.maxima = maxima
  }
}

/// Products of a sample of inputs with matrices, and what quantization makes of them.
struct ScaleTrial {
  private let sample: InputSamples
  private let matrices: [ScaledMatrix]
  private let engine: Engine
  private let quantizer: RowQuantizer
  private let quantizesActivations: Bool
  /// The exact products, `[matrices][count][rows]`.
  private let exact: [[Float]]
  /// The sum of their squares.
  private let energy: Double
  private let input: FloatBuffer

  init(
    sample: InputSamples, matrices: [ScaledMatrix], engine: Engine, quantizer: RowQuantizer, quantizesActivations: Bool
  ) throws(ComputeError) {
    self.sample = sample
    self.matrices = matrices
    self.engine = engine
    self.quantizer = quantizer
    self.quantizesActivations = quantizesActivations
    input = try FloatBuffer(sample.values[...])
    var exact: [[Float]] = []
    for matrix in matrices {
      exact.append(
        try Self.product(
          engine, input, count: sample.count, rows: matrix.rows, columns: matrix.columns,
          weights: matrix.weights.withUnsafeBytes { Array($0) }, type: .f32))
    }
    self.exact = exact
    energy = exact.reduce(0) { $0 + $1.reduce(0) { $0 + Double($1) * Double($1) } }
  }

  /// The squared error of the products, relative to their squares.
  ///
  /// - Parameter scales: factors on the columns of the matrices, whose inverse the inputs take, `[columns]`.
  func error(with scales: [Float]?) throws(ComputeError) -> Double {
    let columns = sample.columns
    if let scales {
      var scaled = sample.values
      for start in stride(from: 0, to: scaled.count, by: columns) {
        for column in 0..<columns { scaled[start + column] /= scales[column] }
      }
      input.rows(width: columns).set(scaled[...])
    } else {
      input.rows(width: columns).set(sample.values[...])
    }
    var error = 0.0
    for (matrix, exact) in zip(matrices, exact) {
      let found = try product(matrix, factors: ChannelScaling.Factors(columns: scales))
      for (left, right) in zip(found, exact) { error += Double(left - right) * Double(left - right) }
    }
    guard energy > 0 else { return 0 }
    return error.isFinite ? error / energy : .infinity
  }

  private func product(_ matrix: ScaledMatrix, factors: ChannelScaling.Factors) throws(ComputeError) -> [Float] {
    let type = matrix.target
    let rowBytes = matrix.columns / type.elementsPerBlock * type.bytesPerBlock
    var blocks = [UInt8](repeating: 0, count: matrix.rows * rowBytes)
    matrix.weights.withUnsafeBytes { source in
      blocks.withUnsafeMutableBytes { target in
        _ = quantizer.quantize(
          source, as: .f32, columns: matrix.columns, to: type, factors: factors, firstRow: 0,
          importance: factors.importance(matrix.importance), into: target)
      }
    }
    guard !quantizesActivations else {
      return try Self.product(
        engine, input, count: sample.count, rows: matrix.rows, columns: matrix.columns, weights: blocks, type: type)
    }
    var values = [Float](repeating: 0, count: matrix.rows * matrix.columns)
    blocks.withUnsafeBytes { blocks in
      values.withUnsafeMutableBufferPointer { BlockQuantization.dequantize(blocks, type: type, into: $0) }
    }
    return try Self.product(
      engine, input, count: sample.count, rows: matrix.rows, columns: matrix.columns,
      weights: values.withUnsafeBytes { Array($0) }, type: .f32)
  }

  private static func product(
    _ engine: Engine, _ input: FloatBuffer, count: Int, rows: Int, columns: Int, weights: [UInt8], type: TensorType
  ) throws(ComputeError) -> [Float] {
    let output = try FloatBuffer(count: count * rows)
    weights.withUnsafeBytes {
      engine.multiply(
        input.rows(width: columns), count: count, weights: $0, type: type, to: output.rows(width: rows))
    }
    return output.values
  }
}
