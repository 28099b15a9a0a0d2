// SPDX-License-Identifier: Apache-2.0

import Foundation
import Inference
import TestSupport

/// The embedded model without its vision tower, and a text of its world for it to read.
struct TextModel {
  let folder: TemporaryFolder
  /// The text's path.
  let text: String

  init() throws {
    folder = try TemporaryFolder()
    let sentences = (0..<40).map { "A cat came from the left at \($0), then a person stopped. " }
    text = try folder.write(sentences.joined().utf8, to: "text.txt")
  }

  /// A model of the caller's own, because a runner takes it over.
  func load() throws -> LoadedModel {
    var paths = try ModelPaths.resolve(languageModel: nil)
    paths.vision = nil
    return try LoadedModel(paths: paths, threads: 1)
  }
}
