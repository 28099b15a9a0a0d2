// SPDX-License-Identifier: Apache-2.0

import Compute

/// Working memory of a vision tower for pictures of up to `capacity` patches.
final class VisionWorkspace {
  /// Rows that matrices are multiplied with at once.
  static let blockRows = 1024

  let capacity: Int
  let patches, hidden, normed, queries, keys, values, inner: FloatMatrix
  /// What the gates of a gated feed-forward network are multiplied by; no rows in others.
  let factors: FloatMatrix
  /// A patch's row turns the first half of a head's pairs, its column the second half.
  let rope: RoPETable?
  /// What a learned table adds to each patch.
  let positions: FloatMatrix?
  /// Between a merger's two layers, a row for each square.
  let merged: FloatMatrix
  /// The same resampled to the grid of tokens.
  let pooled: FloatMatrix?
  /// The layout that `rope` and `windowEnds` are filled for.
  private(set) var layout: PatchLayout?
  /// For each window the row after its last one.
  private(set) var windowEnds: [Int] = []

  /// - Parameter mergedLength: numbers between a merger's two layers.
  init(loader: WeightLoader, sizes: VisionConfiguration, capacity: Int, mergedLength: Int) throws(ModelError) {
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
    inner = try loader.rows(rowsAtOnce, width: sizes.intermediateSize)
    factors = try loader.rows(design.feedForward == .gated ? rowsAtOnce : 0, width: sizes.intermediateSize)
    positions = design.hasPositionTable ? try loader.rows(capacity, width: width) : nil
    switch design.merger {
    case .squares:
      merged = queries.joined(by: sizes.mergeSize * sizes.mergeSize)
      pooled = nil
    case .pooled:
      let side = sizes.fixedImageSide ?? 0
      let grid = sizes.tokenGrid(width: side, height: side)
      merged = try loader.rows(capacity, width: mergedLength)
      pooled = try loader.rows(grid.rows * grid.columns, width: mergedLength)
    }
    guard design.usesRoPE else {
      rope = nil
      return
    }
    rope = try RoPETable(loader: loader, tokens: capacity, base: 10000, rowPairs: sizes.headDimension / 4)
  }

  func turn(to layout: PatchLayout) {
    if let rope {
      layout.visitPatches { index, row, column in
        rope.fill(row: index, position: MRoPEPosition(time: 0, height: Int32(row), width: Int32(column)))
      }
    }
    windowEnds = layout.window == nil ? [] : layout.windowEnds
    self.layout = layout
  }

  /// Cuts rows into blocks of at most `blockRows`.
  func inBlocks(_ count: Int, _ body: (_ start: Int, _ rows: Int) -> Void) {
    for start in stride(from: 0, to: count, by: VisionWorkspace.blockRows) {
      body(start, min(VisionWorkspace.blockRows, count - start))
    }
  }
}
