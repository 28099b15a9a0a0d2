// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile

/// Outputs of the scripts of Tests/ReferenceComparisons, in the folder that an environment variable names.
///
/// The scripts need other programs, gigabytes and minutes, so that ordinary runs of the tests skip the comparisons.
struct ReferenceFiles {
  static let variable = "EDGEASSIST_REFERENCE_DIR"
  private static let folder = ProcessInfo.processInfo.environment[variable]

  /// The names of the files without their common ending, sorted; empty without the folder.
  let names: [String]
  private let ending: String
  private let script: String

  /// - Parameters:
  ///   - ending: of the files of one comparison.
  ///   - script: makes them.
  init(ending: String, script: String) {
    self.ending = ending
    self.script = script
    let files = Self.folder.flatMap { try? FileManager.default.contentsOfDirectory(atPath: $0) } ?? []
    names = files.filter { $0.hasSuffix(ending) }.map { String($0.dropLast(ending.count)) }.sorted()
  }

  /// Whether the variable names a folder at all: then it must hold files, or a misspelt path would pass.
  static var isFolderNamed: Bool { folder != nil }

  /// Why a comparison is skipped.
  var reason: String {
    "\(Self.variable) names no folder with files *\(ending); Tests/ReferenceComparisons/\(script) makes them"
  }

  /// Opens one of the files, or another of the folder by its whole name.
  static func open(_ name: String) throws -> GGUFFile { try GGUFFile(path: (folder ?? "") + "/" + name) }
  func open(_ name: String) throws -> GGUFFile { try Self.open(name + ending) }
}
