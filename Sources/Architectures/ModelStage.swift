// SPDX-License-Identifier: Apache-2.0

import Compute

/// A point in the computation that a test can look at.
package enum ModelStage: Hashable, Sendable {
  /// Normalized pixels of one of a patch's pictures, a row a patch.
  case patches(image: Int)
  /// What the first block reads.
  case patchEmbedding
  case visionBlock(Int)
  case merger
  case decoderLayer(Int)
}

/// Called with the rows that a stage has made; they change right after.
package typealias StageObserver = (ModelStage, _ rows: [Float]) -> Void
