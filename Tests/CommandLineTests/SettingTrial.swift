// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// An option that is set once in the settings file and once as a variable, and the program's reaction.
struct SettingTrial: Sendable {
  /// A run, and the name of the setting in its messages.
  struct Run: Sendable {
    var program: Program
    var source: String

    /// True if the program knows no setting of this name.
    var isUnknown: Bool { program.errors.contains("there is no setting") }
    /// True if the option is refused because it belongs to one run.
    var isOfOneRun: Bool { program.errors.contains("belongs to one run") }

    /// True if the value was seen by what uses it: it was refused by name, it was named where a file of that name was
    /// needed, or the model read it.
    var takesEffect: Bool {
      program.errors.contains(source) || (program.output + program.errors).contains(SettingTrial.value)
        || (cachedTokens ?? SettingTrial.cachedTokens) != SettingTrial.cachedTokens
    }

    private var cachedTokens: Int? { (program.records.first?["kv"] as? [String: Any])?["held"] as? Int }
  }

  /// The value that is set. Options with numbers, sizes or names refuse it, options with texts and files take it.
  private static let value = "/nonexistent/value"
  /// Tokens cached after the first request, with the system prompt that is not set.
  private static let cachedTokens = 22
  private static let requests = """
    {"id":"question","ask":"hello","max_tokens":1}
    {"id":"program","code":{"task":"Print 1."}}
    """

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

  /// The trial of an option. It is made once for all tests, because some values run the model.
  static func of(_ name: String, isFlag: Bool) async throws -> SettingTrial {
    try await trials.trial(of: name, isFlag: isFlag)
  }

  private static let trials = Trials()

  private actor Trials {
    private var made: [String: Task<SettingTrial, any Error>] = [:]

    func trial(of name: String, isFlag: Bool) async throws -> SettingTrial {
      let trial = made[name] ?? Task { try await SettingTrial(of: name, isFlag: isFlag) }
      made[name] = trial
      return try await trial.value
    }
  }

  private init(of name: String, isFlag: Bool) async throws {
    let value = isFlag ? "perhaps" : Self.value
    // A video is for the screen, which opens it before it looks for a terminal.
    var typed = name == "video" ? [] : ["--batch", "-"]
    if name != "code-tokens" { typed += ["--code-tokens", "1"] }
    // Without a file its size is not looked at.
    if name == "kv-offload-size" { typed += ["--kv-offload", "/nonexistent/offload"] }
    if name == "scrub-rate" { typed.append("--scrub") }
    inFile = try await Self.withSettings("\(name) = \"\(value)\"\n") { file in
      Run(
        program: try await Program.run(typed + ["--config", file.path], input: Self.requests),
        source: "\(file.path), line 1, “\(name)”")
    }
    let variable = Self.variable(name)
    asVariable = Run(
      program: try await Program.run(typed, input: Self.requests, environment: [variable: value]), source: variable)
  }
}
