// SPDX-License-Identifier: Apache-2.0

import Inference

/// The embedded model, loaded once for a suite.
///
/// A model has one user at a time, because it computes in working memory of its own. So the suite is `.serialized`.
struct SharedEmbeddedModel: @unchecked Sendable {
  private let model: Result<LoadedModel, any Error>

  init() {
    model = Result { try LoadedModel(paths: try ModelPaths.resolve(languageModel: nil, vision: nil), threads: 1) }
  }

  /// - Throws: the error of loading it.
  func get() throws -> LoadedModel { try model.get() }
}
