// SPDX-License-Identifier: Apache-2.0

import CKernels

/// One operation on each of many rows, as a pool's job.
private struct RowJob {
  enum Operation {
    case rmsNorm(weight: UnsafePointer<Float>, epsilon: Float)
    case layerNorm(weight: UnsafePointer<Float>, bias: UnsafePointer<Float>, epsilon: Float)
    case siluMultiply
    case quickGELU
    case gelu
    case tanhGELU
    case separatePairs(heads: Int)
    case rotate(heads: Int, cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>, stride: Int)
    case quantize(QuantizedActivations.Pointers)
    case store(PagedRowWriter)
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
    case .separatePairs(let heads): ck_separate_pairs(x, heads, width / heads)
    case .rotate(let heads, let cosines, let sines, let stride):
      kernels.pointee.rotate(x, heads, width / heads, cosines + row * stride, sines + row * stride)
    case .quantize(let target):
      var quantized = target.from(row, width: width).kernelRows
      kernels.pointee.quantize_activations(x, width, &quantized)
    case .store(let writer): writer.write(x, row: row, kernels: kernels)
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
    // Waking the other threads costs microseconds, so small work is done by the caller alone.
    guard threads.threadCount > 1, count > 1, count * input.width > 16384 else { return job.perform(0) }
    job.rowsPerChunk = max(count / (threads.threadCount * 4), 1)
    let chunks = (count + job.rowsPerChunk - 1) / job.rowsPerChunk
    threads.run(chunks: chunks, job: &job) { job, chunk, _ in
      job.assumingMemoryBound(to: RowJob.self).pointee.perform(chunk)
    }
  }

  /// RMS norm of each row: `output = input / √(mean(input²) + ε) · weight`.
  public func rmsNorm(_ input: FloatMatrix, count: Int, weight: FloatBuffer, epsilon: Float, to output: FloatMatrix) {
    precondition(weight.count == input.width && output.width == input.width, "widths differ")
    run(.rmsNorm(weight: weight.base, epsilon: epsilon), input, output, count: count)
  }

  /// Layer norm of each row: `output = (input − mean) / √(variance + ε) · weight + bias`.
  public func layerNorm(
    _ input: FloatMatrix, count: Int, weight: FloatBuffer, bias: FloatBuffer, epsilon: Float, to output: FloatMatrix
  ) {
    precondition(
      weight.count == input.width && bias.count == input.width && output.width == input.width, "widths differ")
    run(.layerNorm(weight: weight.base, bias: bias.base, epsilon: epsilon), input, output, count: count)
  }

  /// `output = output + input` for the first `count` rows.
  public func add(_ input: FloatMatrix, count: Int, to output: FloatMatrix) {
    precondition(input.width == output.width, "widths differ")
    run(.add, input, output, count: count)
  }

  /// `x = x · factor` for the first `count` rows.
  public func scale(_ x: FloatMatrix, count: Int, by factor: Float) { run(.scale(factor), x, x, count: count) }

  /// The product of a gated feed-forward network (SwiGLU): `gate = gate · sigmoid(gate) · up`.
  public func siluMultiply(_ gate: FloatMatrix, by up: FloatMatrix, count: Int) {
    precondition(gate.width == up.width, "widths differ")
    run(.siluMultiply, gate, up, count: count)
  }

  /// transformers' `quick_gelu`: `x = x · sigmoid(1.702 x)`.
  public func quickGELU(_ x: FloatMatrix, count: Int) { run(.quickGELU, x, x, count: count) }

  /// transformers' `gelu`: `x = x / 2 · (1 + erf(x / √2))`.
  public func gelu(_ x: FloatMatrix, count: Int) { run(.gelu, x, x, count: count) }

  /// transformers' `gelu_pytorch_tanh`: `x = x / 2 · (1 + tanh(√(2 / π) · (x + 0.044715 x³)))`.
  public func tanhGELU(_ x: FloatMatrix, count: Int) { run(.tanhGELU, x, x, count: count) }

  /// Applies RoPE (arXiv 2104.09864): rotates the pairs `(i, i + headDimension / 2)` of every head of a row by that
  /// row's angles, as transformers' `rotate_half`.
  ///
  /// - Parameters:
  ///   - x: `[count][heads * headDimension]`.
  ///   - cosines: of the angles, `[count][headDimension / 2]`.
  ///   - sines: of the angles, `[count][headDimension / 2]`.
  public func rotate(_ x: FloatMatrix, count: Int, heads: Int, cosines: FloatMatrix, sines: FloatMatrix) {
    precondition(
      x.width % (2 * heads) == 0 && cosines.width == x.width / heads / 2 && sines.stride == cosines.stride,
      "the angles do not fit the heads")
    run(.rotate(heads: heads, cosines: cosines.base, sines: sines.base, stride: cosines.stride), x, x, count: count)
  }

  /// Brings neighbours `(2 i, 2 i + 1)` of every head of a row apart, to `(i, i + headDimension / 2)`, where `rotate`
  /// expects a pair. A product of two heads that were both changed stays the same.
  ///
  /// - Parameter x: `[count][heads * headDimension]`.
  public func separatePairs(_ x: FloatMatrix, count: Int, heads: Int) {
    precondition(
      x.width % (2 * heads) == 0 && x.width / heads <= CK_MAX_HEAD, "a head has pairs, and no more than fit")
    run(.separatePairs(heads: heads), x, x, count: count)
  }

  /// Stores one head's keys or values in its cached rows, converted or quantized to their type.
  ///
  /// - Parameters:
  ///   - source: keys or values of all heads, `[count][heads * headDimension]`.
  ///   - kind: whether these are keys or values.
  ///   - head: the head whose columns of `source` are stored.
  ///   - rows: where the head's cached rows lie.
  ///   - slot: the slot of the first row.
  public func store(
    _ source: FloatMatrix, as kind: PagedRowKind, head: Int, count: Int, to rows: PagedRows, slot: Int,
    format: PagedRowFormat
  ) {
    let headDimension = format.headDimension
    precondition((head + 1) * headDimension <= source.width && slot >= 0, "no such head or slot")
    precondition(kind == .values || format.type != .q4 || rows.keyRange != nil, "4-bit keys have a range")
    let columns = FloatMatrix(
      base: source.base + head * headDimension, stride: source.stride, width: headDimension, owner: source.owner)
    run(.store(PagedRowWriter(rows, kind: kind, slot: slot, format: format)), columns, columns, count: count)
  }

  /// Quantizes rows to 8 bits.
  func quantize(_ input: FloatMatrix, count: Int, to target: QuantizedActivations.Pointers) {
    run(.quantize(target), input, input, count: count)
  }
}
