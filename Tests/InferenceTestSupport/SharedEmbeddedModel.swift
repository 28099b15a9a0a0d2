// SPDX-License-Identifier: Apache-2.0

import Inference

/// The embedded model, loaded once for a suite.
///
/// A model has one user at a time, because it computes in working memory of its own. So the suite is `.serialized`.
package struct SharedEmbeddedModel: @unchecked Sendable {
  private let model: Result<LoadedModel, any Error>

  /// Loads it; `get` throws what goes wrong.
  package init(_ options: ModelLoadingOptions = ModelLoadingOptions()) {
    model = Result { try LoadedModel(paths: try ModelPaths.resolve(languageModel: nil), threads: 1, memory: options) }
  }

  /// - Throws: the error of loading it.
  package func get() throws -> LoadedModel { try model.get() }
}
