// SPDX-License-Identifier: Apache-2.0

import Foundation
import Inference
import Platform
import Records
import SessionInterface

/// Which files take the four roles.
public struct CodeModelPaths: Sendable, Equatable {
  /// The base model's GGUF file.
  public var base: String
  /// A LoRA adapter for each role that has one; the others are prompted.
  public var adapters: [CodeRole: String]

  /// Names the files.
  public init(base: String, adapters: [CodeRole: String] = [:]) {
    self.base = base
    self.adapters = adapters
  }

  static let embeddedBase = "edgeassist-coder-Q8_0.gguf"

  static func embeddedAdapter(_ role: CodeRole) -> String { "edgeassist-coder-\(role.rawValue)-F16.gguf" }

  /// Decides which files to use.
  ///
  /// - Parameters:
  ///   - codeModel: what the user named for code; nil takes the language model that the user named, and the embedded
  ///     coder where neither is named.
  ///   - adapters: what the user named for roles.
  /// - Throws: `ReportedError.modelUnreadable` when the embedded coder is asked for and cannot be found.
  public static func resolve(
    codeModel: String?, languageModel: String?, adapters: [CodeRole: String]
  ) throws(ReportedError) -> CodeModelPaths {
    if let named = codeModel ?? languageModel { return CodeModelPaths(base: named, adapters: adapters) }
    guard let base = InstalledFiles.file(embeddedBase, in: "Models") else {
      throw .modelUnreadable(
        message: "the embedded coder \(embeddedBase) was not found; name a model with --code-model FILE, or set "
          + "EDGEASSIST_HOME to the folder that holds Models/")
    }
    let folder = parentFolder(of: base)
    var found = adapters
    for role in CodeRole.allCases where found[role] == nil {
      let path = folder + "/" + embeddedAdapter(role)
      if FileManager.default.fileExists(atPath: path) { found[role] = path }
    }
    return CodeModelPaths(base: base, adapters: found)
  }
}
