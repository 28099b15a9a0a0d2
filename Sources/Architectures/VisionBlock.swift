// SPDX-License-Identifier: Apache-2.0

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
  private let heads, headDimension: Int
  private let isWindowed: Bool

  init(loader: WeightLoader, sizes: VisionConfiguration, prefix: String, isWindowed: Bool) throws(ModelError) {
    let width = sizes.hiddenSize
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
    headDimension = sizes.headDimension
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
    if let rope = space.rope {
      engine.rotate(space.queries, count: count, heads: heads, cosines: rope.cosines, sines: rope.sines)
      engine.rotate(space.keys, count: count, heads: heads, cosines: rope.cosines, sines: rope.sines)
    }
    // The norm's output is no longer needed: the heads' outputs take its place.
    if isWindowed {
      engine.attendWithinWindows(
        endingAt: space.windowEnds, queries: space.queries, keys: space.keys, values: space.values, heads: heads,
        headDimension: headDimension, output: space.normed)
    } else {
      engine.attendFully(
        queries: space.queries, keys: space.keys, values: space.values, count: count, heads: heads,
        headDimension: headDimension, output: space.normed)
    }
    space.inBlocks(count) { start, rows in
      engine.multiply(
        space.normed.from(start), count: rows, output.product(to: space.hidden.from(start), accumulate: true))
    }
  }
}

/// The feed-forward network of a block.
struct VisionFeedForward {
  private enum Inner {
    case plain(up: Linear, VisionDesign.Activation)
    case gated(gate: Linear, up: Linear)
  }

  private let norm: VisionNorm
  private let inner: Inner
  private let down: Linear

  init(loader: WeightLoader, sizes: VisionConfiguration, prefix: String) throws(ModelError) {
    let width = sizes.hiddenSize
    let length = sizes.intermediateSize
    norm = try VisionNorm(loader: loader, sizes: sizes, name: prefix + "ln2", width: width)
    // Older files have the two names swapped.
    let named = try loader.tensor(prefix + "ffn_up.weight")
    let isSwapped = length != width && named.dimensions.first == length
    let up = try loader.linear(prefix + (isSwapped ? "ffn_down" : "ffn_up"), inputs: width, outputs: length)
    switch sizes.feedForward {
    case .plain(let activation): inner = .plain(up: up, activation)
    case .gated:
      inner = .gated(gate: try loader.linear(prefix + "ffn_gate", inputs: width, outputs: length), up: up)
    }
    down = try loader.linear(prefix + (isSwapped ? "ffn_up" : "ffn_down"), inputs: length, outputs: width)
  }

  var matrices: [WeightMatrix] {
    switch inner {
    case .plain(let up, _): [up.weight, down.weight]
    case .gated(let gate, let up): [gate.weight, up.weight, down.weight]
    }
  }

  /// Adds its outputs to `space.hidden`.
  func run(count: Int, in space: VisionWorkspace, engine: Engine) {
    norm.run(space.hidden, count: count, to: space.normed, engine: engine)
    space.inBlocks(count) { start, rows in
      activate(space.normed.from(start), count: rows, in: space, engine: engine)
      engine.multiply(space.inner, count: rows, down.product(to: space.hidden.from(start), accumulate: true))
    }
  }

  /// Fills `space.inner`.
  private func activate(_ input: FloatMatrix, count: Int, in space: VisionWorkspace, engine: Engine) {
    switch inner {
    case .plain(let up, let activation):
      engine.multiply(input, count: count, up.product(to: space.inner))
      switch activation {
      case .quickGELU: engine.quickGELU(space.inner, count: count)
      case .gelu: engine.gelu(space.inner, count: count)
      case .tanhGELU: engine.tanhGELU(space.inner, count: count)
      }
    case .gated(let gate, let up):
      engine.multiply(input, count: count, gate.product(to: space.inner), up.product(to: space.factors))
      engine.siluMultiply(space.inner, by: space.factors, count: count)
    }
  }
}
