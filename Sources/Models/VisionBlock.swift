import Compute

/// One block of a vision tower: attention over the picture or within its windows, then a feed-forward network.
struct VisionBlock {
  let attention: VisionAttention
  let feedForward: VisionFeedForward

  init(loader: WeightLoader, sizes: VisionConfiguration, index: Int) throws(ModelError) {
    let prefix = "v.blk.\(index)."
    attention = try VisionAttention(
      loader: loader, sizes: sizes, prefix: prefix, isWindowed: sizes.windows?.contains(block: index) ?? false)
    feedForward = try VisionFeedForward(loader: loader, sizes: sizes, prefix: prefix)
  }

  var matrices: [WeightMatrix] { attention.matrices + feedForward.matrices }
}

/// Attention of patches over each other.
struct VisionAttention {
  private let norm: VisionNorm
  private let query, key, value, output: Linear
  private let heads, headSize: Int
  private let isWindowed: Bool

  init(loader: WeightLoader, sizes: VisionConfiguration, prefix: String, isWindowed: Bool) throws(ModelError) {
    let width = sizes.embeddingLength
    norm = try VisionNorm(loader: loader, sizes: sizes, name: prefix + "ln1", width: width)
    if loader.has(prefix + "attn_qkv.weight") {
      (query, key, value) = try loader.thirds(prefix + "attn_qkv", inputs: width, outputs: width)
    } else {
      query = try loader.linear(prefix + "attn_q", inputs: width, outputs: width)
      key = try loader.linear(prefix + "attn_k", inputs: width, outputs: width)
      value = try loader.linear(prefix + "attn_v", inputs: width, outputs: width)
    }
    output = try loader.linear(prefix + "attn_out", inputs: width, outputs: width)
    heads = sizes.heads
    headSize = sizes.headDimension
    self.isWindowed = isWindowed
  }

  var matrices: [WeightMatrix] { [query, key, value, output].map(\.weight) }

  /// Adds its outputs to `space.hidden`.
  func run(count: Int, in space: VisionWorkspace, engine: Engine) {
    norm.run(space.hidden, count: count, to: space.normed, engine: engine)
    space.inBlocks(count) { start, rows in
      engine.multiply(
        space.normed.from(start), count: rows, query.product(to: space.queries.from(start)),
        key.product(to: space.keys.from(start)), value.product(to: space.values.from(start)))
    }
    if let rotary = space.rotary {
      engine.rotate(space.queries, count: count, heads: heads, cosines: rotary.cosines, sines: rotary.sines)
      engine.rotate(space.keys, count: count, heads: heads, cosines: rotary.cosines, sines: rotary.sines)
    }
    // The norm's output is no longer needed: the heads' outputs take its place.
    if isWindowed {
      engine.attendWithinGroups(
        endingAt: space.windowEnds, queries: space.queries, keys: space.keys, values: space.values, heads: heads,
        headSize: headSize, output: space.normed)
    } else {
      engine.attendFully(
        queries: space.queries, keys: space.keys, values: space.values, count: count, heads: heads,
        headSize: headSize, output: space.normed)
    }
    space.inBlocks(count) { start, rows in
      engine.multiply(
        space.normed.from(start), count: rows, output.product(to: space.hidden.from(start), accumulate: true))
    }
  }
}

/// The feed-forward network of a block.
struct VisionFeedForward {
  private let norm: VisionNorm
  private let gate: Linear?
  private let up, down: Linear
  private let kind: VisionDesign.FeedForward

  init(loader: WeightLoader, sizes: VisionConfiguration, prefix: String) throws(ModelError) {
    let width = sizes.embeddingLength
    let inner = sizes.feedForwardLength
    kind = sizes.feedForward
    norm = try VisionNorm(loader: loader, sizes: sizes, name: prefix + "ln2", width: width)
    // Older files have the two names swapped.
    let named = try loader.tensor(prefix + "ffn_up.weight")
    let isSwapped = inner != width && named.dimensions.first == inner
    gate = kind == .gated ? try loader.linear(prefix + "ffn_gate", inputs: width, outputs: inner) : nil
    up = try loader.linear(prefix + (isSwapped ? "ffn_down" : "ffn_up"), inputs: width, outputs: inner)
    down = try loader.linear(prefix + (isSwapped ? "ffn_up" : "ffn_down"), inputs: inner, outputs: width)
  }

  var matrices: [WeightMatrix] { [up.weight, down.weight] + (gate.map { [$0.weight] } ?? []) }

  /// Adds its outputs to `space.hidden`.
  func run(count: Int, in space: VisionWorkspace, engine: Engine) {
    norm.run(space.hidden, count: count, to: space.normed, engine: engine)
    space.inBlocks(count) { start, rows in
      let inner = activated(space.normed.from(start), count: rows, in: space, engine: engine)
      engine.multiply(inner, count: rows, down.product(to: space.hidden.from(start), accumulate: true))
    }
  }

  private func activated(_ input: Rows, count: Int, in space: VisionWorkspace, engine: Engine) -> Rows {
    if let gate, let gates = space.gates {
      engine.multiply(input, count: count, gate.product(to: gates), up.product(to: space.inner))
      engine.siluMultiply(gates, by: space.inner, count: count)
      return gates
    }
    engine.multiply(input, count: count, up.product(to: space.inner))
    switch kind {
    case .plain(.quickGELU): engine.quickGELU(space.inner, count: count)
    case .plain(.tanhGELU): engine.tanhGELU(space.inner, count: count)
    case .plain(.gelu), .gated: engine.gelu(space.inner, count: count)
    }
    return space.inner
  }
}
