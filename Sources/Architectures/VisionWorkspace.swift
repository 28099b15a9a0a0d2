// SPDX-License-Identifier: Apache-2.0

import Compute

/// Working memory of a vision tower for images of up to `capacity` patches.
final class VisionWorkspace {
  /// Rows that a matrix product is computed for at once.
  static let blockRows = 1024

  /// Patches.
  let capacity: Int
  /// Normalized pixels, `[capacity][3 * patchSize * patchSize]`.
  let patches: FloatMatrix
  /// `[capacity][hidden size]`
  let hidden, normed, queries, keys, values: FloatMatrix
  /// Outputs of a feed-forward network's first matrix, the gate's where it is gated, `[blockRows][intermediate size]`.
  let intermediate: FloatMatrix
  /// Up projection of a gated feed-forward network, `[blockRows][intermediate size]`; no rows in others.
  let up: FloatMatrix
  /// A patch's row rotates the first half of a head's RoPE pairs, its column the second half.
  let rope: RoPETable?
  /// The rows of `rope` that a sparse pass computes, without gaps.
  let gatheredRoPE: RoPETable?
  /// Learned position embeddings, `[capacity][hidden size]`.
  let positionEmbeddings: FloatMatrix?
  /// Outputs of a projector's first layer, a row for each spatial merge group.
  let projected: FloatMatrix
  /// `projected` pooled to the grid of tokens.
  let pooled: FloatMatrix?
  /// The layout that `rope`, `positionEmbeddings` and `windowEnds` are filled for.
  private(set) var layout: PatchLayout?
  /// For each window, the row after its last one.
  private(set) var windowEnds: [Int] = []

  /// - Parameters:
  ///   - capacity: patches.
  ///   - projectorSize: outputs of the projector's first layer.
  init(loader: ModelLoader, sizes: VisionConfiguration, capacity: Int, projectorSize: Int) throws(ModelError) {
    self.capacity = capacity
    let width = sizes.hiddenSize
    let design = sizes.family.design
    let rowsAtOnce = min(capacity, VisionWorkspace.blockRows)
    patches = try loader.rows(capacity, width: 3 * sizes.patchSize * sizes.patchSize)
    hidden = try loader.rows(capacity, width: width)
    normed = try loader.rows(capacity, width: width)
    queries = try loader.rows(capacity, width: width)
    keys = try loader.rows(capacity, width: width)
    values = try loader.rows(capacity, width: width)
    intermediate = try loader.rows(rowsAtOnce, width: sizes.intermediateSize)
    up = try loader.rows(design.feedForward == .gated ? rowsAtOnce : 0, width: sizes.intermediateSize)
    positionEmbeddings = design.hasPositionEmbeddings ? try loader.rows(capacity, width: width) : nil
    switch design.merger {
    case .spatialMerge, .pixelShuffle:
      // The projector runs when queries are no longer needed.
      projected = queries.joined(by: sizes.spatialMergeSize * sizes.spatialMergeSize)
      pooled = nil
    case .pixelUnshuffle, .twoStage:
      projected = try loader.rows(capacity / (sizes.spatialMergeSize * sizes.spatialMergeSize), width: projectorSize)
      pooled = nil
    case .pooled:
      let side = sizes.fixedImageSide ?? 0
      let grid = sizes.tokenGrid(width: side, height: side)
      projected = try loader.rows(capacity, width: projectorSize)
      pooled = try loader.rows(grid.rows * grid.columns, width: projectorSize)
    }
    guard design.usesRoPE else {
      (rope, gatheredRoPE) = (nil, nil)
      return
    }
    rope = try RoPETable(loader: loader, tokens: capacity, theta: 10000, pairsPerAxis: sizes.headDimension / 4)
    gatheredRoPE = try RoPETable(loader: loader, tokens: capacity, theta: 10000, pairsPerAxis: sizes.headDimension / 4)
  }

  /// Fills RoPE angles and window ends for images of another size.
  func relayout(to layout: PatchLayout) {
    if let rope {
      layout.forEachPatch { index, row, column in
        rope.fill(row: index, position: MRoPEPosition(time: 0, height: Int32(row), width: Int32(column)))
      }
    }
    windowEnds = layout.windowSide == nil ? [] : layout.windowEnds
    self.layout = layout
  }

  /// Gathers the RoPE angles of the rows that a sparse pass computes.
  func gatherRoPE(of rows: VisionRows) {
    guard let rope, let gatheredRoPE, !rows.isDense else { return }
    rows.gather(rope.cosines, to: gatheredRoPE.cosines)
    rows.gather(rope.sines, to: gatheredRoPE.sines)
  }

  /// Calls `body` with blocks of at most `blockRows` rows that cover `count` rows.
  func forEachBlock(of count: Int, _ body: (_ start: Int, _ rows: Int) -> Void) {
    for start in stride(from: 0, to: count, by: VisionWorkspace.blockRows) {
      body(start, min(VisionWorkspace.blockRows, count - start))
    }
  }
}
