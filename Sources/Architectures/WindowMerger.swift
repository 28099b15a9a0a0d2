// SPDX-License-Identifier: Apache-2.0

import Compute

/// Merges two by two patches to one row in the middle of a vision tower: attention of the four over each other, then a
/// feed-forward network over all of them, beside their mean. It is MiniCPM-V 4.6's `ViTWindowAttentionMerger` in
/// transformers.
struct WindowMerger {
  /// Patches along the side of a window.
  static let side = 2
  /// Patches of a window, which become one row.
  static let groupSize = side * side

  private let attention: VisionAttention
  private let norm: VisionNorm
  private let up, down: Linear

  init(loader: ModelLoader, sizes: VisionConfiguration) throws(ModelError) {
    let prefix = "v.vit_merger."
    let (width, intermediateSize) = (sizes.hiddenSize * Self.groupSize, sizes.intermediateSize * Self.groupSize)
    attention = try VisionAttention(loader: loader, sizes: sizes, prefix: prefix, usesWindows: true)
    norm = try VisionNorm(loader: loader, sizes: sizes, name: prefix + "ds_ln", width: width)
    up = try loader.linear(prefix + "ds_ffn_up", inputs: width, outputs: intermediateSize)
    down = try loader.linear(prefix + "ds_ffn_down", inputs: intermediateSize, outputs: sizes.hiddenSize)
  }

  var matrices: [WeightMatrix] { attention.matrices + [up, down].map(\.weight) }

  /// Replaces the computed rows of `space.hidden`, `[patches][hidden size]`, by `[patches / 4][hidden size]`.
  func run(_ rows: VisionRows, in space: VisionWorkspace, engine: Engine) {
    // The patches of a window are computed together or not at all, so no other keys are wanted.
    let ends = Array(stride(from: Self.groupSize, through: rows.count, by: Self.groupSize))
    attention.run(rows.alone, windows: WindowEnds(keys: ends, queries: ends), in: space, engine: engine)
    let (group, count) = (Self.groupSize, rows.count / Self.groupSize)
    let normed = space.normed.joined(by: group)
    norm.run(space.hidden.joined(by: group), count: count, to: normed, engine: engine)
    let expanded = space.intermediate.joined(by: group)
    space.forEachBlock(of: rows.count) { start, rows in
      engine.multiply(normed.from(start / group), count: rows / group, up.product(to: expanded))
      engine.tanhGELU(expanded, count: rows / group)
      engine.multiply(expanded, count: rows / group, down.product(to: space.queries.from(start / group)))
    }
    var taps = Array(repeating: (row: 0, weight: 1 / Float(group)), count: group)
    for row in 0..<count {
      for index in 0..<group { taps[index].row = row * group + index }
      space.keys.fill(row: row, sumOf: taps, of: space.hidden)
    }
    engine.add(space.keys, count: count, to: space.queries)
    for row in 0..<count { space.hidden.copy(row: row, from: space.queries, row: row) }
  }
}
