// SPDX-License-Identifier: Apache-2.0

import Compute

/// Projects patches to embeddings of the language model's hidden size: by two linear layers with a GELU between them,
/// or by one.
///
/// It is the `PatchMerger` of the Qwen families in transformers, which joins the patches of a spatial merge group to
/// one token; the `multi_modal_projector` of LLaVA-OneVision, whose tokens are pooled instead; and the connector of
/// Idefics3 and the projector of LFM2-VL, whose pixel shuffle and unshuffle join patches as the Qwen families do.
/// Deepstack towers have further projectors for the outputs of inner blocks.
struct VisionProjector {
  /// Over each patch, before patches are merged; `v.post_ln` in most towers.
  private let patchNorm: VisionNorm?
  /// Over each spatial merge group; transformers' `use_postshuffle_norm` and LFM2-VL's `layer_norm`.
  private let groupNorm: VisionNorm?
  /// The first of two layers, before the GELU; nil where there is one layer alone.
  private let first: Linear?
  private let last: Linear
  /// From the grid of patches to that of tokens; nil where a token is a spatial merge group.
  private let pooling: BilinearInterpolation?
  /// Rows of the tower that become a token.
  private let groupSize: Int

  /// The projector of the last block's output.
  init(loader: ModelLoader, sizes: VisionConfiguration) throws(ModelError) {
    let group = sizes.mergedPatchDimension
    let merger = sizes.family.design.merger
    // LLaVA-OneVision's projector reads the last block's output without the tower's own last norm.
    patchNorm =
      merger == .pooled
      ? nil : try VisionNorm(loader: loader, sizes: sizes, name: "v.post_ln", width: sizes.hiddenSize)
    var groupNorm: VisionNorm?
    var pooling: BilinearInterpolation?
    switch merger {
    case .spatialMerge:
      first = try loader.linear("mm.0", inputs: group, outputs: group)
      last = try loader.linear("mm.2", inputs: group, outputs: sizes.outHiddenSize)
    case .pooled:
      let intermediateSize = try loader.outputs(of: "mm.0.weight")
      first = try loader.linear("mm.0", inputs: group, outputs: intermediateSize)
      last = try loader.linear("mm.2", inputs: intermediateSize, outputs: sizes.outHiddenSize)
      let pixels = sizes.fixedImageSide ?? 0
      let side = pixels / sizes.patchSize
      let grid = sizes.tokenGrid(width: pixels, height: pixels)
      pooling = BilinearInterpolation(from: (side, side), to: (grid.rows, grid.columns), alignment: .edges)
    case .pixelShuffle:
      first = nil
      last = try loader.linear("mm.model.fc", inputs: group, outputs: sizes.outHiddenSize)
    case .pixelUnshuffle:
      if loader.has("mm.input_norm.weight") {
        // The epsilon of PyTorch's LayerNorm, whatever the tower's is.
        groupNorm = try VisionNorm(loader: loader, sizes: sizes, name: "mm.input_norm", width: group, epsilon: 1e-5)
      }
      let intermediateSize = try loader.outputs(of: "mm.1.weight")
      first = try loader.linear("mm.1", inputs: group, outputs: intermediateSize)
      last = try loader.linear("mm.2", inputs: intermediateSize, outputs: sizes.outHiddenSize)
    case .twoStage:
      groupNorm = try VisionNorm(loader: loader, sizes: sizes, name: "mm.input_norm", width: group)
      let intermediateSize = try loader.outputs(of: "mm.up.weight")
      first = try loader.linear("mm.up", inputs: group, outputs: intermediateSize)
      last = try loader.linear("mm.down", inputs: intermediateSize, outputs: sizes.outHiddenSize)
    }
    groupSize = sizes.mergerGroupSize
    self.groupNorm = groupNorm
    self.pooling = pooling
  }

  /// The projector of an inner block's output (deepstack).
  init(loader: ModelLoader, sizes: VisionConfiguration, deepstackOf block: Int) throws(ModelError) {
    let prefix = "v.deepstack.\(block)."
    let width = sizes.mergedPatchDimension
    patchNorm = nil
    groupNorm = try VisionNorm(loader: loader, sizes: sizes, name: prefix + "norm", width: width)
    first = try loader.linear(prefix + "fc1", inputs: width, outputs: width)
    last = try loader.linear(prefix + "fc2", inputs: width, outputs: sizes.outHiddenSize)
    pooling = nil
    groupSize = sizes.mergerGroupSize
  }

  var matrices: [WeightMatrix] { [first?.weight, last.weight].compactMap(\.self) }
  /// Outputs of the first of two layers; 0 where there is one layer alone.
  var intermediateSize: Int { first?.weight.rows ?? 0 }

  /// Projects `space.hidden` into the columns of the embeddings that begin at `column`.
  ///
  /// - Parameter output: a row for each token, row by row of the image; in a sparse pass one for each active group, in
  ///   the tower's order.
  func run(
    _ rows: VisionRows, layout: PatchLayout, in space: VisionWorkspace, engine: Engine,
    to output: inout VisionTokenEmbeddings, column: Int
  ) {
    let count = rows.count / rows.rowsPerGroup
    var groups = merged(count: count, in: space, engine: engine)
    if rows.isDense { groups = inImageOrder(groups, layout: layout, in: space) }
    var inputs = groups
    if let first {
      space.forEachBlock(of: count) { start, rows in
        engine.multiply(groups.from(start), count: rows, first.product(to: space.projected.from(start)))
        engine.gelu(space.projected.from(start), count: rows)
      }
      // transformers pools after the second layer. Both are linear, and the layer is cheaper on the pooled rows.
      inputs = pooled(space.projected, in: space)
    }
    space.forEachBlock(of: output.rows) { start, rows in
      engine.multiply(
        inputs.from(start), count: rows, last.weight, bias: last.bias, to: &output.values,
        at: Engine.ArrayBlock(row: start, column: column, width: output.width))
    }
  }

  /// The normalized merge groups in the tower's order, `[groups][merged patch dimension]`.
  private func merged(count: Int, in space: VisionWorkspace, engine: Engine) -> FloatMatrix {
    var rows = space.hidden
    if let patchNorm {
      patchNorm.run(rows, count: count * groupSize, to: space.normed, engine: engine)
      rows = space.normed
    }
    let groups = rows.joined(by: groupSize)
    guard let groupNorm else { return groups }
    let normed = space.normed.joined(by: groupSize)
    groupNorm.run(groups, count: count, to: normed, engine: engine)
    return normed
  }

  /// Merge groups row by row of the image, which differs from the tower's order where there are windows.
  private func inImageOrder(_ groups: FloatMatrix, layout: PatchLayout, in space: VisionWorkspace) -> FloatMatrix {
    guard layout.windowSide != nil else { return groups }
    let ordered = space.keys.joined(by: groupSize)
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
