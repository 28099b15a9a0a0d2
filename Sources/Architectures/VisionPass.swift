// SPDX-License-Identifier: Apache-2.0
import Images

/// One forward pass of a vision tower over a temporal patch, done in steps, so that other work can be done between
/// them.
///
/// The steps are the patch embedding, each block, and the projector. A tower has one pass under way at a time: the pass
/// computes in the tower's working memory, which the next `VisionTower.begin` takes over.
public struct VisionPass {
  private enum Step {
    case patchEmbedding
    case block(Int)
    case projector
    case finished
  }

  private let tower: VisionTower
  private let images: [Image]
  private let layout: PatchLayout
  /// The patches that are computed.
  private let rows: VisionRows
  private let cache: VisionCache?
  private let space: VisionWorkspace
  /// Tells this pass from those that the tower began before and after it.
  private let number: Int
  private var next = Step.patchEmbedding

  init(
    tower: VisionTower, images: [Image], layout: PatchLayout, rows: VisionRows, cache: VisionCache?,
    space: VisionWorkspace, number: Int
  ) {
    self.tower = tower
    self.images = images
    self.layout = layout
    self.rows = rows
    self.cache = cache
    self.space = space
    self.number = number
  }

  /// Whether `embeddings` are complete.
  public var isFinished: Bool {
    if case .finished = next { true } else { false }
  }

  /// The share of the image's patches that are computed.
  public var activeShare: Double { Double(rows.count) / Double(max(rows.total, 1)) }

  /// Does the next step, if there is one.
  ///
  /// - Returns: whether there is another.
  /// - Throws: `ModelError.notFinite` naming the first step whose output is not finite. The pass is of no use then.
  /// - Precondition: the tower has begun no other pass since.
  public mutating func step() throws(ModelError) -> Bool {
    precondition(number == tower.passesBegun, "the tower has begun another pass")
    switch next {
    case .patchEmbedding:
      try tower.embedPatches(images, layout: layout, computing: rows, in: space)
      next = tower.configuration.layers > 0 ? .block(0) : .projector
    case .block(let index):
      try tower.runBlock(index, layout: layout, patches: rows, cache: cache, in: space)
      next = index + 1 < tower.configuration.layers ? .block(index + 1) : .projector
    case .projector:
      try tower.project(layout: layout, patches: rows, cache: cache, in: space)
      next = .finished
    case .finished: break
    }
    return !isFinished
  }

  /// A row for each token of `VisionConfiguration.tokenGrid`, row by row of the image, each
  /// `VisionConfiguration.embeddingWidth` wide: the last block's embedding, then those of the deepstack blocks.
  ///
  /// Their memory is the tower's, or the cache's. The next pass writes to it, or to a copy where these embeddings are
  /// still referenced.
  ///
  /// - Precondition: the pass is finished, and the tower has begun no other since.
  public var embeddings: VisionTokenEmbeddings {
    precondition(isFinished && number == tower.passesBegun, "the embeddings are not complete, or those of another pass")
    return cache?.embeddings ?? tower.embeddings
  }
}
