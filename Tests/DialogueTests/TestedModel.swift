// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Inference
import InferenceTestSupport
import TestSupport

/// The models that what holds for every dialogue is tried with.
enum TestedModel: String, CaseIterable {
  /// The embedded model.
  case pure
  /// A small hybrid one of random weights, which puts a caption before each temporal patch.
  case hybrid

  /// The side of the square images that are drawn for it, in pixels.
  var imageSide: Int { self == .pure ? 112 : 128 }

  /// - Parameter embedded: the embedded model of the suite.
  func load(_ embedded: SharedEmbeddedModel) throws -> LoadedModel {
    if self == .pure { return try embedded.get() }
    let folder = try TemporaryFolder()
    return try LoadedModel(
      paths: RandomModel(shape: Self.hybridShape, type: "q8_0", visionType: "f16").write(
        to: folder.path("hybrid.gguf")),
      threads: 1)
  }

  private static var hybridShape: ModelShape {
    var shape = ModelShape(
      name: "tiny-hybrid", architecture: "qwen35", layers: 4, hiddenSize: 128, heads: 4, keyValueHeads: 2,
      headDimension: 64, intermediateSize: 256, ropeTheta: 1e6, contextLength: 2048, mropeSections: [11, 11, 10, 0],
      vocabulary: 2000,
      vision: VisionShape(
        family: .qwen3VL, layers: 2, hiddenSize: 128, heads: 4, intermediateSize: 256, patchSize: 16, imageSide: 128,
        deepstack: []))
    shape.recurrence = .gatedDeltaNet(keyHeads: 2, valueHeads: 2)
    return shape
  }
}
