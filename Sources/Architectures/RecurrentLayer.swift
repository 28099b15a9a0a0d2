// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

/// Working memory of a hybrid model's layers without attention, for a block of tokens.
struct RecurrentWorkspace {
  /// Projections that the convolution and the delta rule read, `[tokens][channels]`.
  let mixed: FloatMatrix
  /// What gates the output, `[tokens][value width]`; no rows in models without Gated DeltaNet.
  let gate: FloatMatrix
  /// `[tokens][value width]`; no rows in models without Gated DeltaNet.
  let output: FloatMatrix
  /// A copy of one layer's state, for a branch to go on with.
  let fork: FloatMatrix
  /// Decays and betas of the delta rule, `[tokens][value heads]` each.
  let alpha, beta: FloatMatrix

  /// - Parameter tokens: of a block.
  init(loader: WeightLoader, mixers: [TokenMixer], tokens: Int) throws(ModelError) {
    var (channels, valueWidth, valueHeads) = (0, 0, 0)
    for mixer in mixers {
      switch mixer {
      case .attention: break
      case .shortConvolution(_, let width): channels = max(channels, 3 * width)
      case .gatedDeltaNet(let sizes):
        (channels, valueWidth, valueHeads) = (sizes.channels, sizes.valueWidth, sizes.rule.valueHeads)
      }
    }
    mixed = try loader.rows(channels == 0 ? 0 : tokens, width: max(channels, 1))
    gate = try loader.rows(valueWidth == 0 ? 0 : tokens, width: max(valueWidth, 1))
    output = try loader.rows(valueWidth == 0 ? 0 : tokens, width: max(valueWidth, 1))
    let largest = mixers.map(\.stateCount).max() ?? 0
    fork = try loader.rows(largest == 0 ? 0 : 1, width: max(largest, 1))
    alpha = try loader.rows(valueHeads == 0 ? 0 : tokens, width: max(valueHeads, 1))
    beta = try loader.rows(valueHeads == 0 ? 0 : tokens, width: max(valueHeads, 1))
  }
}

/// Calls its argument with the first row, the rows and the recurrent state of each sequence in a block of tokens.
typealias RecurrentSequences = (_ body: (_ first: Int, _ count: Int, _ state: FloatMatrix) -> Void) -> Void

/// LFM2's short convolution: `[B, C, x] = in_proj(input)`, `out_proj(C · convolve(B · x))`.
struct ShortConvolution {
  private let input, output: Linear
  /// `[kernel][hidden size]`
  private let weights: FloatMatrix
  private let kernel, width: Int

  init(loader: WeightLoader, prefix: String, kernel: Int, width: Int) throws(ModelError) {
    input = try loader.linear(prefix + "shortconv.in_proj", inputs: width, outputs: 3 * width)
    output = try loader.linear(prefix + "shortconv.out_proj", inputs: width, outputs: width)
    weights = try loader.convolution(prefix + "shortconv.conv.weight", kernel: kernel, channels: width)
    self.kernel = kernel
    self.width = width
  }

  var matrices: [WeightMatrix] { [input, output].map(\.weight) }

  /// Adds its output to `rows`, `[count][hidden size]`.
  ///
  /// - Parameters:
  ///   - normed: the layer's normalized input, of the same shape.
  ///   - sequences: calls its argument for each sequence of tokens that these are, with its first row, its rows and its
  ///     recurrent state in one row: the tokens before it.
  func run(
    _ normed: FloatMatrix, count: Int, in space: RecurrentWorkspace, engine: Engine, to rows: FloatMatrix,
    sequences: RecurrentSequences
  ) {
    engine.multiply(normed, count: count, input.product(to: space.mixed))
    let convolved = space.mixed.columns(0..<width)
    engine.multiply(convolved, by: space.mixed.columns(2 * width..<3 * width), count: count)
    sequences { first, count, state in
      engine.convolve(
        convolved.from(first), count: count, weights: weights, kernel: kernel, history: state.row(as: width),
        appliesSiLU: false)
    }
    engine.multiply(convolved, by: space.mixed.columns(width..<2 * width), count: count)
    engine.multiply(convolved, count: count, output.product(to: rows, accumulate: true))
  }
}

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
    loader: WeightLoader, prefix: String, sizes: DeltaNetSizes, hiddenSize: Int, normEpsilon: Float
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

extension WeightLoader {
  /// The weights of a depthwise convolution, which a file has channel by channel, tap by tap: `[kernel][channels]`.
  fileprivate func convolution(_ name: String, kernel: Int, channels: Int) throws(ModelError) -> FloatMatrix {
    let stored = try matrix(name, inputs: [kernel], outputs: channels)
    let target = try rows(kernel, width: channels)
    guard !counter.countsOnly else { return target }
    do {
      let channel = try FloatBuffer(count: kernel)
      var values = Array(repeating: Float(0), count: kernel * channels)
      for index in 0..<channels {
        stored.dequantize(row: index, into: channel.rows(width: kernel))
        for (tap, value) in channel.values.enumerated() { values[tap * channels + index] = value }
      }
      target.set(values[...])
    } catch { throw .compute(path: file.path, error) }
    return target
  }
}
