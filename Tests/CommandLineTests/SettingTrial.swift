// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// An option that is set once in the settings file and once as a variable, and what the program says to it.
struct SettingTrial {
  /// A run, and what its messages call the setting.
  struct Run {
    var program: Program
    var source: String

    /// True if the program knows no setting of this name.
    var isUnknown: Bool { program.errors.contains("there is no setting") }
    /// True if the option is refused because it belongs to one run.
    var isOfOneRun: Bool { program.errors.contains("belongs to one run") }
  }

  var inFile: Run
  var asVariable: Run
  var runs: [Run] { [inFile, asVariable] }

  /// The environment variable of an option.
  static func variable(_ name: String) -> String {
    "EDGEASSIST_" + name.uppercased().replacingOccurrences(of: "-", with: "_")
  }

  /// Writes a settings file for the time of `body`.
  static func withSettings<Result>(_ text: String, _ body: (URL) async throws -> Result) async throws -> Result {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    return try await body(URL(fileURLWithPath: try folder.write(text, to: "settings.toml")))
  }

  /// Sets an option to a value that options with numbers, sizes or names refuse, and options with texts and files take.
  init(of name: String, isFlag: Bool) async throws {
    let value = isFlag ? "perhaps" : "/nonexistent/value"
    // A model that does not exist ends the run soon.
    let typed = name == "model" ? [] : ["--model", "/nonexistent/model.gguf"]
    inFile = try await Self.withSettings("\(name) = \"\(value)\"\n") { file in
      Run(
        program: try await Program.run(typed + ["--config", file.path]), source: "\(file.path), line 1, “\(name)”")
    }
    let variable = Self.variable(name)
    asVariable = Run(program: try await Program.run(typed, environment: [variable: value]), source: variable)
  }
}
