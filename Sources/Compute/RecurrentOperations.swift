// SPDX-License-Identifier: Apache-2.0

import CKernels

/// The sizes of a gated delta rule.
public struct DeltaRuleShape: Sendable, Hashable {
  /// Heads of queries and keys.
  public var keyHeads: Int
  /// Heads of values, a multiple of `keyHeads`: value head h reads key head h mod `keyHeads`.
  public var valueHeads: Int
  /// Values of a key and of a value, a multiple of `sizeMultiple`.
  public var headDimension: Int

  /// Memberwise; checks nothing.
  public init(keyHeads: Int, valueHeads: Int, headDimension: Int) {
    self.keyHeads = keyHeads
    self.valueHeads = valueHeads
    self.headDimension = headDimension
  }

  /// Required divisor of `headDimension`.
  public static let sizeMultiple = Int(CK_DELTA_COLUMNS)

  /// Floats of the state: `[valueHeads][headDimension / 32][headDimension keys][32 values]`.
  public var stateCount: Int { valueHeads * headDimension * headDimension }
}

/// A block of tokens for the gated delta rule.
public struct DeltaRuleInput {
  /// L2-normalized and scaled, `[tokens][keyHeads * headDimension]`.
  let queries: FloatMatrix
  /// L2-normalized, of the same shape; its rows are as far apart as those of `queries` and `values`.
  let keys: FloatMatrix
  /// `[tokens][valueHeads * headDimension]`
  let values: FloatMatrix
  /// By which the state shrinks before each token, `[tokens][valueHeads]`.
  let decays: FloatMatrix
  /// How much of each token the state takes on, `[tokens][valueHeads]`.
  let betas: FloatMatrix

  /// Memberwise.
  public init(
    queries: FloatMatrix, keys: FloatMatrix, values: FloatMatrix, decays: FloatMatrix, betas: FloatMatrix
  ) {
    self.queries = queries
    self.keys = keys
    self.values = values
    self.decays = decays
    self.betas = betas
  }
}

/// A convolution as a pool's job, divided by channels.
private struct ConvolutionJob {
  var convolution: ck_convolution
  var kernels: UnsafePointer<ck_kernels>
  var channelsPerChunk: Int
}

/// A delta rule as a pool's job, divided by heads and columns of the state.
private struct DeltaRuleJob {
  var rule: ck_delta_rule
  var kernels: UnsafePointer<ck_kernels>
  var panels: Int
}

extension Engine {
  /// The most tokens that one output of `convolve` reads.
  public static let longestConvolution = Int(CK_MAX_CONVOLUTION)

  /// A depthwise causal convolution over a block of tokens, in place:
  /// `y[t][c] = Σ_j weights[j][c] · x[t − (kernel − 1) + j][c]`.
  ///
  /// - Parameters:
  ///   - x: `[count][channels]`.
  ///   - weights: `[kernel][channels]`, `kernel` from 2 to `longestConvolution`.
  ///   - history: the tokens before the block, `[kernel − 1][channels]`; afterwards its last ones.
  ///   - appliesSiLU: whether `y = y · sigmoid(y)` afterwards.
  public func convolve(
    _ x: FloatMatrix, count: Int, weights: FloatMatrix, kernel: Int, history: FloatMatrix, appliesSiLU: Bool
  ) {
    precondition(
      weights.width == x.width && history.width == x.width && weights.stride == x.width && history.stride == x.width
        && (2...Engine.longestConvolution).contains(kernel), "the weights do not fit the rows")
    guard count > 0 else { return }
    var job = ConvolutionJob(
      convolution: ck_convolution(
        x: x.base, stride: x.stride, history: history.base, weights: weights.base, channels: x.width, kernel: kernel,
        tokens: count, silu: appliesSiLU ? 1 : 0),
      kernels: kernels, channelsPerChunk: 256)
    // Waking the other threads costs microseconds, so small work is done by the caller alone.
    guard threads.threadCount > 1, count * x.width > 16384 else {
      return kernels.pointee.convolve(&job.convolution, 0, x.width)
    }
    threads.run(chunks: (x.width + 255) / 256, job: &job) { job, chunk, _ in
      var job = job.assumingMemoryBound(to: ConvolutionJob.self).pointee
      let first = chunk * job.channelsPerChunk
      let last = min(first + job.channelsPerChunk, job.convolution.channels)
      job.kernels.pointee.convolve(&job.convolution, first, last)
    }
  }

  /// The gated delta rule (arXiv 2412.06464) over a block of tokens. Of each value head and each token in turn, with
  /// the head's state S, `[keys][values]`:
  ///
  ///     S = decay · S;  d = beta · (value − key S);  S = S + keyᵀ d;  output = query S
  ///
  /// Columns of S do not depend on each other. So some of them stay in the first cache over all tokens of the block,
  /// and a block needs no more arithmetic than its tokens one by one.
  ///
  /// - Parameters:
  ///   - state: `shape.stateCount` floats in one row.
  ///   - output: `[count][valueHeads * headDimension]`.
  public func deltaRule(
    _ input: DeltaRuleInput, count: Int, shape: DeltaRuleShape, state: FloatMatrix, to output: FloatMatrix
  ) {
    let size = shape.headDimension
    precondition(
      state.width == shape.stateCount && size % DeltaRuleShape.sizeMultiple == 0
        && input.queries.width == shape.keyHeads * size && input.keys.width == shape.keyHeads * size
        && input.values.width == shape.valueHeads * size && output.width == shape.valueHeads * size
        && input.keys.stride == input.queries.stride && input.values.stride == input.queries.stride
        && input.decays.width == shape.valueHeads && input.betas.width == shape.valueHeads
        && input.betas.stride == input.decays.stride, "the rows do not fit the shape")
    guard count > 0 else { return }
    let panels = size / DeltaRuleShape.sizeMultiple
    var job = DeltaRuleJob(
      rule: ck_delta_rule(
        queries: input.queries.base, keys: input.keys.base, values: input.values.base, stride: input.queries.stride,
        decays: input.decays.base, betas: input.betas.base, gate_stride: input.decays.stride, state: state.base,
        output: output.base, output_stride: output.stride, key_heads: shape.keyHeads, value_heads: shape.valueHeads,
        size: size, tokens: count),
      kernels: kernels, panels: panels)
    threads.run(chunks: shape.valueHeads * panels, job: &job) { job, chunk, _ in
      var job = job.assumingMemoryBound(to: DeltaRuleJob.self).pointee
      job.kernels.pointee.delta_rule(&job.rule, chunk / job.panels, chunk % job.panels)
    }
  }
}
