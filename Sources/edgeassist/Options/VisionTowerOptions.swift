// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Inference

/// Which vision tower belongs to the language model.
struct VisionTowerOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Vision tower (mmproj GGUF); none to read text only, in less memory. (default: the mmproj file beside the model)",
      valueName: "file"),
    completion: .file(extensions: ["gguf"]))
  var mmproj: String?

  private static let none = "none"

  /// - Parameter known: the file for a model whose tower is known; nil to look beside the model.
  func choice(otherwise known: String? = nil) -> VisionTowerChoice { Self.choice(mmproj ?? known) }

  /// - Parameter mmproj: the value of an option for a tower; nil where none was given.
  static func choice(_ mmproj: String?) -> VisionTowerChoice {
    guard mmproj != none else { return .without }
    return mmproj.map { .file($0) } ?? .beside
  }
}
