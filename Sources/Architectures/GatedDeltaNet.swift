// SPDX-License-Identifier: Apache-2.0

import Compute

/// Qwen3.5's linear attention, a gated delta rule (arXiv 2412.06464) behind a causal convolution; transformers'
/// `Qwen3_5GatedDeltaNet`.
///
/// A file has the value heads in the order in which head h reads key head h mod key heads.
struct GatedDeltaNet {
  private let sizes: DeltaNetSizes
  /// Queries, keys and values in one matrix.
  private let queryKeyValue: Linear
  private let gate, alpha, beta, output: Linear
  /// `[kernel][channels]`
  private let weights: FloatMatrix
  /// −e^A of each value head, and what is added to its alpha, `[value heads]`.
  private let decayRates, steps: FloatBuffer
  /// Weights of the norm of each value head, `[head dimension]`.
  private let norm: FloatBuffer
  private let normEpsilon: Float

  init(
    loader: ModelLoader, prefix: String, sizes: DeltaNetSizes, hiddenSize: Int, normEpsilon: Float
  ) throws(ModelError) {
    self.sizes = sizes
    self.normEpsilon = normEpsilon
    let heads = sizes.rule.valueHeads
    queryKeyValue = try loader.linear(prefix + "attn_qkv", inputs: hiddenSize, outputs: sizes.channels)
    gate = try loader.linear(prefix + "attn_gate", inputs: hiddenSize, outputs: sizes.valueWidth)
    alpha = try loader.linear(prefix + "ssm_alpha", inputs: hiddenSize, outputs: heads)
    beta = try loader.linear(prefix + "ssm_beta", inputs: hiddenSize, outputs: heads)
    output = try loader.linear(prefix + "ssm_out", inputs: sizes.valueWidth, outputs: hiddenSize)
    weights = try loader.convolution(prefix + "ssm_conv1d.weight", kernel: sizes.kernel, channels: sizes.channels)
    decayRates = try loader.vector(prefix + "ssm_a", heads)
    steps = try loader.vector(prefix + "ssm_dt.bias", heads)
    norm = try loader.vector(prefix + "ssm_norm.weight", sizes.rule.headDimension)
  }

  var matrices: [WeightMatrix] { [queryKeyValue, gate, alpha, beta, output].map(\.weight) }

  /// Adds its output to `rows`, `[count][hidden size]`.
  ///
  /// - Parameters:
  ///   - normed: the layer's normalized input, of the same shape.
  ///   - sequences: as `ShortConvolution.run`; a state has the convolution's tokens before the sequence, then the delta
  ///     rule's state.
  func run(
    _ normed: FloatMatrix, count: Int, in space: RecurrentWorkspace, engine: Engine, to rows: FloatMatrix,
    sequences: RecurrentSequences
  ) {
    let shape = sizes.rule
    engine.multiply(
      normed, count: count, queryKeyValue.product(to: space.mixed), gate.product(to: space.gate))
    engine.multiply(normed, count: count, alpha.product(to: space.alpha), beta.product(to: space.beta))
    engine.deltaGates(alpha: space.alpha, beta: space.beta, count: count, a: decayRates, dt: steps)
    sequences { first, count, state in
      engine.convolve(
        space.mixed.from(first), count: count, weights: weights, kernel: sizes.kernel,
        history: state.columns(0..<sizes.historyCount).row(as: sizes.channels), appliesSiLU: true)
    }
    let queries = space.mixed.columns(0..<sizes.keyWidth)
    let keys = space.mixed.columns(sizes.keyWidth..<2 * sizes.keyWidth)
    let scale = 1 / Float(shape.headDimension).squareRoot()
    engine.normalizeL2(queries, count: count, heads: shape.keyHeads, epsilon: 1e-6, scale: scale)
    engine.normalizeL2(keys, count: count, heads: shape.keyHeads, epsilon: 1e-6)
    let values = space.mixed.columns(2 * sizes.keyWidth..<sizes.channels)
    sequences { first, count, state in
      engine.deltaRule(
        DeltaRuleInput(
          queries: queries.from(first), keys: keys.from(first), values: values.from(first),
          decays: space.alpha.from(first), betas: space.beta.from(first)),
        count: count, shape: shape, state: state.columns(sizes.historyCount..<state.width),
        to: space.output.from(first))
    }
    let heads = space.output.split(by: shape.valueHeads)
    engine.rmsNorm(heads, count: count * shape.valueHeads, weight: norm, epsilon: normEpsilon, to: heads)
    engine.siluMultiply(space.gate, by: space.output, count: count)
    engine.multiply(space.gate, count: count, output.product(to: rows, accumulate: true))
  }
}
