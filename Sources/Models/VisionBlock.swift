import Compute

/// The weights of one block of the vision tower.
struct VisionBlock {
  let attentionNorm: LayerNorm
  let query, key, value, attentionOutput: Linear
  let feedForwardNorm: LayerNorm
  let up, down: Linear

  init(loader: WeightLoader, sizes: VisionConfiguration, index: Int) throws(ModelError) {
    let prefix = "v.blk.\(index)."
    let width = sizes.embeddingLength
    let inner = sizes.feedForwardLength
    attentionNorm = try LayerNorm(loader: loader, name: prefix + "ln1", width: width)
    query = try loader.linear(prefix + "attn_q", inputs: width, outputs: width)
    key = try loader.linear(prefix + "attn_k", inputs: width, outputs: width)
    value = try loader.linear(prefix + "attn_v", inputs: width, outputs: width)
    attentionOutput = try loader.linear(prefix + "attn_out", inputs: width, outputs: width)
    feedForwardNorm = try LayerNorm(loader: loader, name: prefix + "ln2", width: width)
    // Older files have the two names swapped.
    let named = try loader.tensor(prefix + "ffn_up.weight")
    let isSwapped = inner != width && named.dimensions.first == inner
    up = try loader.linear(prefix + (isSwapped ? "ffn_down" : "ffn_up"), inputs: width, outputs: inner)
    down = try loader.linear(prefix + (isSwapped ? "ffn_up" : "ffn_down"), inputs: inner, outputs: width)
  }

  var isQuantized: Bool {
    [query, key, value, attentionOutput, up, down].contains { $0.weight.type.isQuantized }
  }
}

/// The weights of a layer norm.
struct LayerNorm {
  let weight: FloatBuffer
  let bias: FloatBuffer

  init(loader: WeightLoader, name: String, width: Int) throws(ModelError) {
    weight = try loader.vector(name + ".weight", width)
    bias = try loader.vector(name + ".bias", width)
  }
}
