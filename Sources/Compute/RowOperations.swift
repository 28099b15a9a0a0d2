// SPDX-License-Identifier: Apache-2.0

import CKernels

/// One operation on each of many rows, as the pool's threads get it.
private struct RowJob {
  enum Operation {
    case rmsNorm(weight: UnsafePointer<Float>, epsilon: Float)
    case layerNorm(weight: UnsafePointer<Float>, bias: UnsafePointer<Float>, epsilon: Float)
    case siluMultiply
    case quickGELU
    case gelu
    case tanhGELU
    case rotate(heads: Int, cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>, stride: Int)
    case quantize(QuantizedActivations.Parts)
    case pack(PackedRows)
    case add
    case scale(Float)
  }

  var operation: Operation
  var kernels: UnsafePointer<ck_kernels>
  var input: UnsafeMutablePointer<Float>
  var inputStride: Int
  var output: UnsafeMutablePointer<Float>
  var outputStride: Int
  var width: Int
  var count: Int
  var rowsPerChunk: Int

  func perform(_ chunk: Int) {
    let first = chunk * rowsPerChunk
    for row in first..<min(first + rowsPerChunk, count) { perform(row: row) }
  }

  private func perform(row: Int) {
    let x = input + row * inputStride
    let y = output + row * outputStride
    switch operation {
    case .rmsNorm(let weight, let epsilon): kernels.pointee.rms_norm(x, weight, epsilon, y, width)
    case .layerNorm(let weight, let bias, let epsilon): kernels.pointee.layer_norm(x, weight, bias, epsilon, y, width)
    case .siluMultiply: kernels.pointee.silu_multiply(x, y, width)
    case .quickGELU: kernels.pointee.quick_gelu(x, width)
    case .gelu: kernels.pointee.gelu(x, width)
    case .tanhGELU: kernels.pointee.gelu_tanh(x, width)
    case .rotate(let heads, let cosines, let sines, let stride):
      kernels.pointee.rotate(x, heads, width / heads, cosines + row * stride, sines + row * stride)
    case .quantize(let target):
      var parts = target.from(row, width: width).kernelRows
      kernels.pointee.quantize(x, width, &parts)
    case .pack(let target): target.pack(x, row: row, kernels: kernels)
    case .add: for column in 0..<width { y[column] += x[column] }
    case .scale(let factor): for column in 0..<width { x[column] *= factor }
    }
  }
}

extension Engine {
  private func run(_ operation: RowJob.Operation, _ input: FloatMatrix, _ output: FloatMatrix, count: Int) {
    guard count > 0 else { return }
    var job = RowJob(
      operation: operation, kernels: kernels, input: input.base, inputStride: input.stride, output: output.base,
      outputStride: output.stride, width: input.width, count: count, rowsPerChunk: count)
    // Waking the others costs some microseconds; below that much work the caller does it alone.
    guard threads.threadCount > 1, count > 1, count * input.width > 16384 else { return job.perform(0) }
    job.rowsPerChunk = max(count / (threads.threadCount * 4), 1)
    let chunks = (count + job.rowsPerChunk - 1) / job.rowsPerChunk
    threads.run(chunks: chunks, job: &job) { job, chunk, _ in
      job.assumingMemoryBound(to: RowJob.self).pointee.perform(chunk)
    }
  }

  /// `output = input / √(mean(input²) + ε) · weight`
  public func rmsNorm(_ input: FloatMatrix, count: Int, weight: FloatBuffer, epsilon: Float, to output: FloatMatrix) {
    precondition(weight.count == input.width && output.width == input.width, "widths differ")
    run(.rmsNorm(weight: weight.base, epsilon: epsilon), input, output, count: count)
  }

  /// `output = (input − mean) / √(variance + ε) · weight + bias`
  public func layerNorm(
    _ input: FloatMatrix, count: Int, weight: FloatBuffer, bias: FloatBuffer, epsilon: Float, to output: FloatMatrix
  ) {
    precondition(
      weight.count == input.width && bias.count == input.width && output.width == input.width, "widths differ")
    run(.layerNorm(weight: weight.base, bias: bias.base, epsilon: epsilon), input, output, count: count)
  }

  /// `output = output + input`
  public func add(_ input: FloatMatrix, count: Int, to output: FloatMatrix) {
    precondition(input.width == output.width, "widths differ")
    run(.add, input, output, count: count)
  }

  /// `x = x · factor`
  public func scale(_ x: FloatMatrix, count: Int, by factor: Float) { run(.scale(factor), x, x, count: count) }

  /// `gate = gate · sigmoid(gate) · up`
  public func siluMultiply(_ gate: FloatMatrix, by up: FloatMatrix, count: Int) {
    precondition(gate.width == up.width, "widths differ")
    run(.siluMultiply, gate, up, count: count)
  }

  /// `x = x · sigmoid(1.702 x)`
  public func quickGELU(_ x: FloatMatrix, count: Int) { run(.quickGELU, x, x, count: count) }

  /// `x = x / 2 · (1 + erf(x / √2))`
  public func gelu(_ x: FloatMatrix, count: Int) { run(.gelu, x, x, count: count) }

  /// `x = x / 2 · (1 + tanh(√(2 / π) · (x + 0.044715 x³)))`
  public func tanhGELU(_ x: FloatMatrix, count: Int) { run(.tanhGELU, x, x, count: count) }

  /// Rotates, in every head of every row, the pairs `(i, i + headSize / 2)` by that row's angles.
  ///
  /// - Parameters:
  ///   - cosines: `headSize / 2` wide, one row for each of `x`; `sines` alike.
  public func rotate(_ x: FloatMatrix, count: Int, heads: Int, cosines: FloatMatrix, sines: FloatMatrix) {
    precondition(
      x.width % (2 * heads) == 0 && cosines.width == x.width / heads / 2 && sines.stride == cosines.stride,
      "the angles do not fit the heads")
    run(.rotate(heads: heads, cosines: cosines.base, sines: sines.base, stride: cosines.stride), x, x, count: count)
  }

  /// Packs one head's part of `count` rows of floats into its cached rows, from slot `slot` on.
  ///
  /// - Parameters:
  ///   - head: which `headSize` columns of `source` are taken.
  ///   - pageRows: rows that a page holds.
  ///   - keys: whether these are keys or values.
  public func store(
    head: Int, of headSize: Int, in source: FloatMatrix, count: Int, type: KeyValueType, pageRows: Int,
    to rows: PagedRows,
    slot: Int, keys: Bool
  ) {
    precondition((head + 1) * headSize <= source.width && slot >= 0, "no such head or slot")
    precondition(type.supports(headDimension: headSize), "heads of \(headSize) numbers are not stored as \(type)")
    precondition(!keys || type != .q4 || rows.keyRange != nil, "4-bit keys have a range")
    let columns = FloatMatrix(
      base: source.base + head * headSize, stride: source.stride, width: headSize, owner: source.owner)
    let target = PackedRows(rows, type: type, pageRows: pageRows, headSize: headSize, slot: slot, keys: keys)
    run(.pack(target), columns, columns, count: count)
  }

  func quantize(_ input: FloatMatrix, count: Int, to target: QuantizedActivations.Parts) {
    run(.quantize(target), input, input, count: count)
  }
}
