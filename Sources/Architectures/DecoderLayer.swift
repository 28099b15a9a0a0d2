// SPDX-License-Identifier: Apache-2.0

import Compute

/// The weights of one decoder layer.
struct DecoderLayer {
  /// The layer's token mixer, with the index of its KV cache layer or the range of its recurrent state.
  enum Mixer {
    /// - Parameter cached: the layer's index among the layers with attention; the KV cache has only those.
    case attention(AttentionLayer, cached: Int)
    /// - Parameter state: range of the layer's floats in the row of all layers' recurrent states.
    case shortConvolution(ShortConvolution, state: Range<Int>)
    case gatedDeltaNet(GatedDeltaNet, state: Range<Int>)
  }

  let mixerNorm: FloatBuffer
  let mixer: Mixer
  let feedForwardNorm: FloatBuffer
  let gate, up, down: Linear

  init(loader: ModelLoader, sizes: DecoderConfiguration, index: Int) throws(ModelError) {
    let prefix = "blk.\(index)."
    let width = sizes.hiddenSize
    mixerNorm = try loader.vector(prefix + "attn_norm.weight", width)
    let before = sizes.mixers.prefix(index)
    let start = before.reduce(0) { $0 + $1.stateCount }
    let state = start..<start + sizes.mixers[index].stateCount
    switch sizes.mixers[index] {
    case .attention:
      mixer = .attention(
        try AttentionLayer(loader: loader, sizes: sizes, index: index), cached: before.count(where: \.isAttention))
    case .shortConvolution(let kernel, let width):
      mixer = .shortConvolution(
        try ShortConvolution(loader: loader, prefix: prefix, kernel: kernel, width: width), state: state)
    case .gatedDeltaNet(let deltaNet):
      mixer = .gatedDeltaNet(
        try GatedDeltaNet(
          loader: loader, prefix: prefix, sizes: deltaNet, hiddenSize: width, normEpsilon: sizes.normEpsilon),
        state: state)
    }
    feedForwardNorm = try loader.vector(prefix + sizes.kind.feedForwardNorm + ".weight", width)
    gate = try loader.linear(prefix + "ffn_gate", inputs: width, outputs: sizes.intermediateSize)
    up = try loader.linear(prefix + "ffn_up", inputs: width, outputs: sizes.intermediateSize)
    down = try loader.linear(prefix + "ffn_down", inputs: sizes.intermediateSize, outputs: width)
  }

  private var matrices: [WeightMatrix] {
    let mixed =
      switch mixer {
      case .attention(let layer, _): layer.matrices
      case .shortConvolution(let layer, _): layer.matrices
      case .gatedDeltaNet(let layer, _): layer.matrices
      }
    return mixed + [gate, up, down].map(\.weight)
  }

  /// Whether any product of the layer needs its input quantized to 8 bits.
  var isQuantized: Bool { matrices.contains(where: \.takesQuantizedActivations) }
  /// Bytes of the matrices in the file.
  var byteCount: Int { matrices.reduce(0) { $0 + $1.byteCount } }
}

/// The weights of a layer's attention.
struct AttentionLayer {
  let query, key, value, output: Linear
  /// Weights of the norms of each head's queries and keys, `[headDimension]`; nil in models without them.
  let queryNorm, keyNorm: FloatBuffer?
  /// Whether each head's queries are followed by a gate of its output: `query` then has twice as many outputs.
  let isGated: Bool

  init(loader: ModelLoader, sizes: DecoderConfiguration, index: Int) throws(ModelError) {
    let prefix = "blk.\(index)."
    let width = sizes.hiddenSize
    let keyWidth = sizes.keyWidth(ofLayer: index)
    let queryWidth = sizes.queryWidth(ofLayer: index)
    isGated = sizes.hasGatedAttention
    query = try loader.linear(prefix + "attn_q", inputs: width, outputs: isGated ? 2 * queryWidth : queryWidth)
    key = try loader.linear(prefix + "attn_k", inputs: width, outputs: keyWidth)
    value = try loader.linear(prefix + "attn_v", inputs: width, outputs: keyWidth)
    output = try loader.linear(prefix + "attn_output", inputs: queryWidth, outputs: width)
    let hasQKNorm = sizes.kind.usesQKNorm
    queryNorm = hasQKNorm ? try loader.vector(prefix + "attn_q_norm.weight", sizes.headDimension) : nil
    keyNorm = hasQKNorm ? try loader.vector(prefix + "attn_k_norm.weight", sizes.headDimension) : nil
  }

  var matrices: [WeightMatrix] { [query, key, value, output].map(\.weight) }
  /// Values of the queries of all heads that have weights. Heads without stand behind them.
  var queryWidth: Int { output.weight.columns }
  /// Values of the keys of all heads that have weights.
  var keyWidth: Int { key.weight.rows }
}
