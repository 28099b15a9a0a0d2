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
    case spreadPairs(heads: Int, rotated: Int)
    case sigmoidMultiply
    case multiply
    case normalizeL2(heads: Int, epsilon: Float, scale: Float)
    case copyHeads(heads: Int, part: Int)
    case deltaGates(a: UnsafePointer<Float>, dt: UnsafePointer<Float>)
    case rotate(heads: Int, cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>, stride: Int)
    case quantize(QuantizedActivations.Pointers, ActivationCast?)
    case store(PagedRowWriter)
    case add
    case scale(Float)
  }

  var operation: Operation
  var kernels: UnsafePointer<ck_kernels>
  var nonlinear: NonlinearMode
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
    if nonlinear == .lut16, performFromTables(x, y) { return }
    switch operation {
    case .rmsNorm(let weight, let epsilon): kernels.pointee.rms_norm(x, weight, epsilon, y, width)
    case .layerNorm(let weight, let bias, let epsilon): kernels.pointee.layer_norm(x, weight, bias, epsilon, y, width)
    case .siluMultiply: kernels.pointee.silu_multiply(x, y, width)
    case .quickGELU: kernels.pointee.quick_gelu(x, width)
    case .gelu: kernels.pointee.gelu(x, width)
    case .tanhGELU: kernels.pointee.gelu_tanh(x, width)
    case .separatePairs(let heads): ck_separate_pairs(x, heads, width / heads)
    case .spreadPairs(let heads, let rotated): ck_spread_pairs(x, heads, width / heads, rotated)
    case .sigmoidMultiply: kernels.pointee.sigmoid_multiply(x, y, width)
    case .multiply: for column in 0..<width { y[column] *= x[column] }
    case .normalizeL2(let heads, let epsilon, let scale):
      let size = width / heads
      for head in 0..<heads { kernels.pointee.l2_normalize(x + head * size, epsilon, scale, size) }
    case .copyHeads(let heads, let part):
      let size = width / heads
      for head in 0..<heads { (y + head * size).update(from: x + (2 * head + part) * size, count: size) }
    case .deltaGates(let a, let dt): ck_delta_gates(x, y, a, dt, width)
    case .rotate(let heads, let cosines, let sines, let stride):
      kernels.pointee.rotate(x, heads, width / heads, cosines + row * stride, sines + row * stride)
    case .quantize(let target, let cast):
      var quantized = target.from(row, width: width).kernelRows
      if let cast { return ck_quantize_cast(kernels, cast.kernelType, x, width, &quantized) }
      kernels.pointee.quantize_activations(x, width, &quantized)
    case .store(let writer): writer.write(x, row: row, kernels: kernels)
    case .add: for column in 0..<width { y[column] += x[column] }
    case .scale(let factor): for column in 0..<width { x[column] *= factor }
    }
  }

  /// Performs a nonlinear operation from tables; false for an operation that has none.
  private func performFromTables(_ x: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>) -> Bool {
    switch operation {
    case .rmsNorm(let weight, let epsilon): ck_lut16_rms_norm(x, weight, epsilon, y, width)
    case .layerNorm(let weight, let bias, let epsilon): ck_lut16_layer_norm(x, weight, bias, epsilon, y, width)
    case .siluMultiply: ck_lut16_silu_multiply(x, y, width)
    case .quickGELU: ck_lut16_quick_gelu(x, width)
    case .gelu: ck_lut16_gelu(x, width)
    case .tanhGELU: ck_lut16_gelu_tanh(x, width)
    case .sigmoidMultiply: ck_lut16_sigmoid_multiply(x, y, width)
    case .normalizeL2(let heads, let epsilon, let scale):
      let size = width / heads
      for head in 0..<heads { ck_lut16_l2_normalize(x + head * size, epsilon, scale, size) }
    case .separatePairs, .spreadPairs, .multiply, .copyHeads, .deltaGates, .rotate, .quantize, .store, .add, .scale:
      return false
    }
    return true
  }
}

extension Engine {
  fileprivate func run(_ operation: RowJob.Operation, _ input: FloatMatrix, _ output: FloatMatrix, count: Int) {
    guard count > 0 else { return }
    var job = RowJob(
      operation: operation, kernels: kernels, nonlinear: nonlinear, input: input.base, inputStride: input.stride,
      output: output.base, outputStride: output.stride, width: min(input.width, output.width), count: count,
      rowsPerChunk: count)
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

  /// Brings the pairs of RoPE that rotates the first `rotated` values of a head alone, `(i, i + rotated / 2)`, to
  /// `(i, i + headDimension / 2)`, where `rotate` expects them; the pairs that it does not rotate follow. A product of
  /// two heads that were both changed stays the same.
  ///
  /// - Parameter x: `[count][heads * headDimension]`.
  public func spreadPairs(_ x: FloatMatrix, count: Int, heads: Int, rotated: Int) {
    precondition(
      x.width % (2 * heads) == 0 && x.width / heads <= CK_MAX_HEAD && rotated % 2 == 0 && rotated <= x.width / heads,
      "a head has pairs, and no more than fit")
    run(.spreadPairs(heads: heads, rotated: rotated), x, x, count: count)
  }

  /// `output = output · input` for the first `count` rows.
  public func multiply(_ output: FloatMatrix, by input: FloatMatrix, count: Int) {
    precondition(input.width == output.width, "widths differ")
    run(.multiply, input, output, count: count)
  }

  /// A gate on the output of attention: `x = x · sigmoid(gate)`.
  public func sigmoidMultiply(_ x: FloatMatrix, by gate: FloatMatrix, count: Int) {
    precondition(gate.width == x.width, "widths differ")
    run(.sigmoidMultiply, x, gate, count: count)
  }

  /// L2 norm of each head of a row: `x = x · scale / √(sum(x²) + ε)`.
  public func normalizeL2(_ x: FloatMatrix, count: Int, heads: Int, epsilon: Float, scale: Float = 1) {
    precondition(x.width % heads == 0, "whole heads")
    run(.normalizeL2(heads: heads, epsilon: epsilon, scale: scale), x, x, count: count)
  }

  /// Copies the first (`part` 0) or the second (1) half of every head of wider rows.
  ///
  /// - Parameters:
  ///   - source: `[count][heads * 2 * headDimension]`.
  ///   - target: `[count][heads * headDimension]`.
  public func copyHeads(_ source: FloatMatrix, part: Int, count: Int, heads: Int, to target: FloatMatrix) {
    precondition(source.width == 2 * target.width && target.width % heads == 0 && (0...1).contains(part), "two halves")
    run(.copyHeads(heads: heads, part: part), source, target, count: count)
  }

  /// Computes the gates of the gated delta rule from its two projections, in place:
  /// `alpha = e^(a · softplus(alpha + dt))`, the decay, and `beta = sigmoid(beta)`.
  ///
  /// - Parameters:
  ///   - alpha: `[count][value heads]`.
  ///   - beta: of the same shape.
  ///   - a: `[value heads]`, not positive.
  ///   - dt: `[value heads]`.
  public func deltaGates(alpha: FloatMatrix, beta: FloatMatrix, count: Int, a: FloatBuffer, dt: FloatBuffer) {
    precondition(
      alpha.width == beta.width && a.count == alpha.width && dt.count == alpha.width, "a gate for each value head")
    run(.deltaGates(a: a.base, dt: dt.base), alpha, beta, count: count)
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

  /// Quantizes rows to 8 bits, after `activationCast`.
  func quantize(_ input: FloatMatrix, count: Int, to target: QuantizedActivations.Pointers) {
    run(.quantize(target, activationCast), input, input, count: count)
  }
}
