// SPDX-License-Identifier: Apache-2.0

import Compute

/// One block of a vision tower: attention over the image or within its windows, then a feed-forward network.
struct VisionBlock {
  let attention: VisionAttention
  let feedForward: VisionFeedForward

  init(loader: ModelLoader, sizes: VisionConfiguration, index: Int) throws(ModelError) {
    let prefix = "v.blk.\(index)."
    attention = try VisionAttention(
      loader: loader, sizes: sizes, prefix: prefix, usesWindows: sizes.windows?.areUsed(inBlock: index) ?? false)
    feedForward = try VisionFeedForward(loader: loader, sizes: sizes, prefix: prefix)
  }

  var matrices: [WeightMatrix] { attention.matrices + feedForward.matrices }
}

/// Attention of an image's patches over each other, with the norm before it.
struct VisionAttention {
  private let norm: VisionNorm
  private let query, key, value, output: Linear
  private let heads, headDimension: Int
  private let usesWindows: Bool

  init(loader: ModelLoader, sizes: VisionConfiguration, prefix: String, usesWindows: Bool) throws(ModelError) {
    let width = sizes.hiddenSize
    norm = try VisionNorm(loader: loader, sizes: sizes, name: prefix + "ln1", width: width)
    if loader.has(prefix + "attn_qkv.weight") {
      (query, key, value) = try loader.fusedQKV(prefix + "attn_qkv", inputs: width, outputs: width)
    } else {
      query = try loader.linear(prefix + "attn_q", inputs: width, outputs: width)
      key = try loader.linear(prefix + "attn_k", inputs: width, outputs: width)
      value = try loader.linear(prefix + "attn_v", inputs: width, outputs: width)
    }
    output = try loader.linear(prefix + "attn_out", inputs: width, outputs: width)
    heads = sizes.heads
    headDimension = sizes.headDimension
    self.usesWindows = usesWindows
  }

  var matrices: [WeightMatrix] { [query, key, value, output].map(\.weight) }

  /// Adds its output to `space.hidden`, `[rows.count][hidden size]`.
  ///
  /// - Parameters:
  ///   - rows: those that are computed.
  ///   - kept: keys and values of the image's other rows, which receives those of the computed ones; nil in a pass that
  ///     keeps nothing and computes all rows.
  ///   - windows: ends of the windows that attention stays within; not read by attention over the whole image.
  ///   - reusesMap: whether queries and keys are those of the layer before, which are still in `space`: the attention
  ///     map is that layer's, the values are this one's. Not together with `kept`.
  ///   - pruned: whether each head is left out; empty for none.
  /// - Returns: the keys of all rows of the image.
  @discardableResult
  func run(
    _ rows: VisionRows, kept: VisionCache.Block? = nil, windows: WindowEnds, reusesMap: Bool = false,
    pruned: [Bool] = [], in space: VisionWorkspace, engine: Engine
  ) -> FloatMatrix {
    norm.run(space.hidden, count: rows.count, to: space.normed, engine: engine)
    let target = kept?.target(of: rows, in: space) ?? (keys: space.keys, values: space.values)
    space.forEachBlock(of: rows.count) { start, count in
      let normed = space.normed.from(start)
      if reusesMap {
        engine.multiply(normed, count: count, value.product(to: target.values.from(start)))
      } else {
        engine.multiply(
          normed, count: count, query.product(to: space.queries.from(start)),
          key.product(to: target.keys.from(start)), value.product(to: target.values.from(start)))
      }
    }
    if let rope = rows.isDense ? space.rope : space.gatheredRoPE, !reusesMap {
      engine.rotate(space.queries, count: rows.count, heads: heads, cosines: rope.cosines, sines: rope.sines)
      engine.rotate(target.keys, count: rows.count, heads: heads, cosines: rope.cosines, sines: rope.sines)
    }
    let (keys, values) = kept?.store(target, of: rows, in: space, engine: engine) ?? target
    // The norm's output is no longer needed, so the heads' outputs go to its memory.
    if usesWindows {
      engine.attendWithinWindows(
        endingAt: windows.keys, queriesEndingAt: windows.queries, queries: space.queries, keys: keys, values: values,
        heads: heads, headDimension: headDimension, pruned: pruned, output: space.normed)
    } else {
      engine.attendFully(
        queries: space.queries, queryCount: rows.count, keys: keys, values: values, count: rows.total, heads: heads,
        headDimension: headDimension, pruned: pruned, output: space.normed)
    }
    space.forEachBlock(of: rows.count) { start, count in
      engine.multiply(
        space.normed.from(start), count: count, output.product(to: space.hidden.from(start), accumulate: true))
    }
    return keys
  }
}

/// Where windows of rows end: for each window, the row after its last one, ascending.
struct WindowEnds {
  /// Among the rows of the image, which have keys and values.
  var keys: [Int] = []
  /// Among the rows that are computed, which have queries.
  var queries: [Int] = []
}

/// The feed-forward network of a block, with the norm before it.
struct VisionFeedForward {
  private enum Expansion {
    case plain(up: Linear, VisionDesign.Activation)
    case gated(gate: Linear, up: Linear)
  }

  private let norm: VisionNorm
  private let expansion: Expansion
  private let down: Linear

  init(loader: ModelLoader, sizes: VisionConfiguration, prefix: String) throws(ModelError) {
    let width = sizes.hiddenSize
    let intermediateSize = sizes.intermediateSize
    norm = try VisionNorm(loader: loader, sizes: sizes, name: prefix + "ln2", width: width)
    // Older files have the names of the two matrices swapped.
    let named = try loader.tensor(prefix + "ffn_up.weight")
    let isSwapped = intermediateSize != width && named.dimensions.first == intermediateSize
    let up = try loader.linear(prefix + (isSwapped ? "ffn_down" : "ffn_up"), inputs: width, outputs: intermediateSize)
    switch sizes.feedForward {
    case .plain(let activation): expansion = .plain(up: up, activation)
    case .gated:
      expansion = .gated(gate: try loader.linear(prefix + "ffn_gate", inputs: width, outputs: intermediateSize), up: up)
    }
    down = try loader.linear(prefix + (isSwapped ? "ffn_up" : "ffn_down"), inputs: intermediateSize, outputs: width)
  }

  var matrices: [WeightMatrix] {
    switch expansion {
    case .plain(let up, _): [up.weight, down.weight]
    case .gated(let gate, let up): [gate.weight, up.weight, down.weight]
    }
  }

  /// Adds its output to `space.hidden`, `[count][hidden size]`.
  func run(count: Int, in space: VisionWorkspace, engine: Engine) {
    norm.run(space.hidden, count: count, to: space.normed, engine: engine)
    space.forEachBlock(of: count) { start, rows in
      activate(space.normed.from(start), count: rows, in: space, engine: engine)
      engine.multiply(space.intermediate, count: rows, down.product(to: space.hidden.from(start), accumulate: true))
    }
  }

  /// Fills `space.intermediate`, `[count][intermediate size]`.
  private func activate(_ input: FloatMatrix, count: Int, in space: VisionWorkspace, engine: Engine) {
    switch expansion {
    case .plain(let up, let activation):
      engine.multiply(input, count: count, up.product(to: space.intermediate))
      switch activation {
      case .quickGELU: engine.quickGELU(space.intermediate, count: count)
      case .gelu: engine.gelu(space.intermediate, count: count)
      case .tanhGELU: engine.tanhGELU(space.intermediate, count: count)
      }
    case .gated(let gate, let up):
      engine.multiply(input, count: count, gate.product(to: space.intermediate), up.product(to: space.up))
      engine.siluMultiply(space.intermediate, by: space.up, count: count)
    }
  }
}
