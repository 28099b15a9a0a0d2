// SPDX-License-Identifier: Apache-2.0

import Compute

/// The weights of one decoder layer.
struct DecoderLayer {
  let attentionNorm: FloatBuffer
  let query, key, value, attentionOutput: Linear
  /// Weights of the norms of each head's queries and keys, `[headDimension]`; nil in models without them.
  let queryNorm, keyNorm: FloatBuffer?
  let feedForwardNorm: FloatBuffer
  let gate, up, down: Linear

  init(loader: WeightLoader, sizes: DecoderConfiguration, index: Int) throws(ModelError) {
    let prefix = "blk.\(index)."
    let width = sizes.hiddenSize
    let queryWidth = sizes.heads * sizes.headDimension
    let keyWidth = sizes.keyValueHeads * sizes.headDimension
    attentionNorm = try loader.vector(prefix + "attn_norm.weight", width)
    query = try loader.linear(prefix + "attn_q", inputs: width, outputs: queryWidth)
    key = try loader.linear(prefix + "attn_k", inputs: width, outputs: keyWidth)
    value = try loader.linear(prefix + "attn_v", inputs: width, outputs: keyWidth)
    attentionOutput = try loader.linear(prefix + "attn_output", inputs: queryWidth, outputs: width)
    let hasQKNorm = sizes.kind.usesQKNorm
    queryNorm = hasQKNorm ? try loader.vector(prefix + "attn_q_norm.weight", sizes.headDimension) : nil
    keyNorm = hasQKNorm ? try loader.vector(prefix + "attn_k_norm.weight", sizes.headDimension) : nil
    feedForwardNorm = try loader.vector(prefix + "ffn_norm.weight", width)
    gate = try loader.linear(prefix + "ffn_gate", inputs: width, outputs: sizes.intermediateSize)
    up = try loader.linear(prefix + "ffn_up", inputs: width, outputs: sizes.intermediateSize)
    down = try loader.linear(prefix + "ffn_down", inputs: sizes.intermediateSize, outputs: width)
  }

  private var matrices: [WeightMatrix] {
    [query, key, value, attentionOutput, gate, up, down].map(\.weight)
  }

  /// Whether any product of the layer needs its input quantized to 8 bits.
  var isQuantized: Bool { matrices.contains(where: \.takesQuantizedActivations) }
  /// Bytes of the matrices in the file.
  var byteCount: Int { matrices.reduce(0) { $0 + $1.byteCount } }
}
