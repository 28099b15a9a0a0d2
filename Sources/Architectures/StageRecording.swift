// SPDX-License-Identifier: Apache-2.0

/// A point of a forward pass whose output tests compare with transformers.
package enum ModelStage: Hashable, Sendable {
  /// Normalized pixels of one image of a temporal patch, `[patches][3 * patchSize * patchSize]`.
  case patches(image: Int)
  /// The input of the first vision block, `[patches][hidden size]`.
  case patchEmbedding
  /// The output of a vision block, `[patches][hidden size]`.
  case visionBlock(Int)
  /// The embeddings of a temporal patch, `[tokens][embedding width]`.
  case merger
  /// The output of a decoder layer, `[tokens][hidden size]`, before deepstack features are added.
  case decoderLayer(Int)
}

/// Copies of the stages' outputs, for tests to read after the pass.
package struct StageRecording {
  /// Each stage's rows, those of later passes behind those of earlier ones.
  package private(set) var outputs: [ModelStage: [Float]] = [:]

  /// A recording without any rows.
  package init() {}

  mutating func add(_ rows: [Float], of stage: ModelStage) { outputs[stage, default: []] += rows }
}
