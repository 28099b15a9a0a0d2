// SPDX-License-Identifier: Apache-2.0

import Compute

/// The last step of a vision tower, also of inner blocks that are handed on: two linear layers with a GELU between
/// them turn patches into vectors of the language model's width.
struct VisionMerger {
  private enum Norm {
    /// Each patch by itself, before the patches of a square are joined.
    case patches(VisionNorm)
    /// All numbers of a square together.
    case squares(VisionNorm)
  }

  private let norm: Norm?
  private let first, second: Linear
  /// From the grid of patches to that of tokens, if they differ.
  private let pooling: Resampling?

  /// The merger of the last block.
  init(loader: WeightLoader, sizes: VisionConfiguration) throws(ModelError) {
    let inner: Int
    switch sizes.family.design.merger {
    case .squares:
      norm = .patches(try VisionNorm(loader: loader, sizes: sizes, name: "v.post_ln", width: sizes.hiddenSize))
      inner = sizes.squareLength
      pooling = nil
    case .pooled:
      // The tower's own last norm is not part of what the projector reads.
      norm = nil
      inner = try loader.outputs(of: "mm.0.weight")
      let pixels = sizes.fixedImageSide ?? 0
      let side = pixels / sizes.patchSize
      let grid = sizes.tokenGrid(width: pixels, height: pixels)
      pooling = Resampling(from: (side, side), to: (grid.rows, grid.columns), alignment: .edges)
    }
    first = try loader.linear("mm.0", inputs: sizes.squareLength, outputs: inner)
    second = try loader.linear("mm.2", inputs: inner, outputs: sizes.outputLength)
  }

  /// The merger of an inner block.
  init(loader: WeightLoader, sizes: VisionConfiguration, deepstackOf block: Int) throws(ModelError) {
    let prefix = "v.deepstack.\(block)."
    let width = sizes.squareLength
    norm = .squares(try VisionNorm(loader: loader, sizes: sizes, name: prefix + "norm", width: width))
    first = try loader.linear(prefix + "fc1", inputs: width, outputs: width)
    second = try loader.linear(prefix + "fc2", inputs: width, outputs: sizes.outputLength)
    pooling = nil
  }

  var matrices: [WeightMatrix] { [first.weight, second.weight] }
  /// Numbers between the two layers.
  var innerLength: Int { first.weight.rows }

  /// Turns `space.hidden` into the part of the block's rows that begins at `column`.
  func run(
    layout: PatchLayout, in space: VisionWorkspace, engine: Engine, to output: inout VisionEmbeddings, column: Int
  ) {
    let factor = layout.merge * layout.merge
    let count = layout.count / factor
    let squares = inImageOrder(normed(layout: layout, in: space, engine: engine), layout: layout, in: space)
    space.inBlocks(count) { start, rows in
      engine.multiply(squares.from(start), count: rows, first.product(to: space.merged.from(start)))
      engine.gelu(space.merged.from(start), count: rows)
    }
    // Resampling and the second layer are both linear, so the cheaper order gives the same.
    let inputs = pooled(space.merged, in: space)
    space.inBlocks(output.rows) { start, rows in
      engine.multiply(
        inputs.from(start), count: rows, second.weight, bias: second.bias, to: &output.values,
        at: Engine.ArrayBlock(row: start, column: column, width: output.width))
    }
  }

  /// A row for each square.
  private func normed(layout: PatchLayout, in space: VisionWorkspace, engine: Engine) -> FloatMatrix {
    let factor = layout.merge * layout.merge
    switch norm {
    case nil: return space.hidden.joined(by: factor)
    case .patches(let norm):
      norm.run(space.hidden, count: layout.count, to: space.normed, engine: engine)
      return space.normed.joined(by: factor)
    case .squares(let norm):
      let squares = space.normed.joined(by: factor)
      norm.run(space.hidden.joined(by: factor), count: layout.count / factor, to: squares, engine: engine)
      return squares
    }
  }

  private func inImageOrder(_ squares: FloatMatrix, layout: PatchLayout, in space: VisionWorkspace) -> FloatMatrix {
    guard layout.window != nil else { return squares }
    let ordered = space.keys.joined(by: layout.merge * layout.merge)
    layout.visitMergeGroups { index, row, column in
      ordered.copy(row: row * layout.columns + column, from: squares, row: index)
    }
    return ordered
  }

  private func pooled(_ rows: FloatMatrix, in space: VisionWorkspace) -> FloatMatrix {
    guard let pooling, let target = space.pooled else { return rows }
    for index in 0..<pooling.count { pooling.fill(target, row: index, from: rows, place: index) }
    return target
  }
}
