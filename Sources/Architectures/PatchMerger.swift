// SPDX-License-Identifier: Apache-2.0

import Compute

/// Projects patches to embeddings of the language model's hidden size: two linear layers with a GELU between them.
///
/// It is the `PatchMerger` of the Qwen families in transformers, which joins the patches of a spatial merge group to
/// one token, and the `multi_modal_projector` of LLaVA-OneVision, whose tokens are pooled instead. Deepstack towers
/// have further mergers for the outputs of inner blocks.
struct PatchMerger {
  private enum Norm {
    /// Over each patch, before patches are merged.
    case beforeMerge(VisionNorm)
    /// Over each spatial merge group; transformers' `use_postshuffle_norm`.
    case afterMerge(VisionNorm)
  }

  private let norm: Norm?
  private let first, second: Linear
  /// From the grid of patches to that of tokens; nil where a token is a spatial merge group.
  private let pooling: BilinearInterpolation?

  /// The merger of the last block's output.
  init(loader: WeightLoader, sizes: VisionConfiguration) throws(ModelError) {
    let intermediateSize: Int
    switch sizes.family.design.merger {
    case .spatialMerge:
      norm = .beforeMerge(try VisionNorm(loader: loader, sizes: sizes, name: "v.post_ln", width: sizes.hiddenSize))
      intermediateSize = sizes.mergedPatchDimension
      pooling = nil
    case .pooled:
      // The projector reads the last block's output without the tower's own last norm.
      norm = nil
      intermediateSize = try loader.outputs(of: "mm.0.weight")
      let pixels = sizes.fixedImageSide ?? 0
      let side = pixels / sizes.patchSize
      let grid = sizes.tokenGrid(width: pixels, height: pixels)
      pooling = BilinearInterpolation(from: (side, side), to: (grid.rows, grid.columns), alignment: .edges)
    }
    first = try loader.linear("mm.0", inputs: sizes.mergedPatchDimension, outputs: intermediateSize)
    second = try loader.linear("mm.2", inputs: intermediateSize, outputs: sizes.outHiddenSize)
  }

  /// The merger of an inner block's output (deepstack).
  init(loader: WeightLoader, sizes: VisionConfiguration, deepstackOf block: Int) throws(ModelError) {
    let prefix = "v.deepstack.\(block)."
    let width = sizes.mergedPatchDimension
    norm = .afterMerge(try VisionNorm(loader: loader, sizes: sizes, name: prefix + "norm", width: width))
    first = try loader.linear(prefix + "fc1", inputs: width, outputs: width)
    second = try loader.linear(prefix + "fc2", inputs: width, outputs: sizes.outHiddenSize)
    pooling = nil
  }

  var matrices: [WeightMatrix] { [first.weight, second.weight] }
  /// Outputs of the first layer.
  var intermediateSize: Int { first.weight.rows }

  /// Projects `space.hidden` into the columns of the embeddings that begin at `column`.
  func run(
    layout: PatchLayout, in space: VisionWorkspace, engine: Engine, to output: inout VisionEmbeddings, column: Int
  ) {
    let count = layout.count / layout.groupSize
    let groups = inImageOrder(merged(layout: layout, in: space, engine: engine), layout: layout, in: space)
    space.forEachBlock(of: count) { start, rows in
      engine.multiply(groups.from(start), count: rows, first.product(to: space.projected.from(start)))
      engine.gelu(space.projected.from(start), count: rows)
    }
    // transformers pools after the second layer. Both are linear, and the layer is cheaper on the pooled rows.
    let inputs = pooled(space.projected, in: space)
    space.forEachBlock(of: output.rows) { start, rows in
      engine.multiply(
        inputs.from(start), count: rows, second.weight, bias: second.bias, to: &output.values,
        at: Engine.ArrayBlock(row: start, column: column, width: output.width))
    }
  }

  /// The normalized merge groups in the tower's order, `[groups][merged patch dimension]`.
  private func merged(layout: PatchLayout, in space: VisionWorkspace, engine: Engine) -> FloatMatrix {
    switch norm {
    case nil: return space.hidden.joined(by: layout.groupSize)
    case .beforeMerge(let norm):
      norm.run(space.hidden, count: layout.count, to: space.normed, engine: engine)
      return space.normed.joined(by: layout.groupSize)
    case .afterMerge(let norm):
      let groups = space.normed.joined(by: layout.groupSize)
      norm.run(
        space.hidden.joined(by: layout.groupSize), count: layout.count / layout.groupSize, to: groups, engine: engine)
      return groups
    }
  }

  /// Merge groups row by row of the image, which differs from the tower's order where there are windows.
  private func inImageOrder(_ groups: FloatMatrix, layout: PatchLayout, in space: VisionWorkspace) -> FloatMatrix {
    guard layout.windowSide != nil else { return groups }
    let ordered = space.keys.joined(by: layout.groupSize)
    layout.forEachMergeGroup { index, row, column in
      ordered.copy(row: row * layout.mergedColumns + column, from: groups, row: index)
    }
    return ordered
  }

  private func pooled(_ rows: FloatMatrix, in space: VisionWorkspace) -> FloatMatrix {
    guard let pooling, let target = space.pooled else { return rows }
    for index in 0..<pooling.count { pooling.fill(target, row: index, from: rows, index: index) }
    return target
  }
}
