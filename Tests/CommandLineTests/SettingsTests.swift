// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite("Settings")
struct SettingsTests {
  /// Options of one run, as the help of the program says.
  private static let ofOneRun: Set = ["batch", "output", "resume", "shard", "config", "version", "help"]

  private func withSettings<Result>(_ text: String, _ body: (URL) async throws -> Result) async throws -> Result {
    try await SettingTrial.withSettings(text, body)
  }

  /// Runs the program, which ends with status 2 if the settings are right: there is no terminal.
  private func run(_ arguments: [String] = [], _ environment: [String: String] = [:]) async throws -> Program {
    try await Program.run(arguments, environment: environment)
  }

  /// The message about a setting, without the place of the setting.
  private func reaction(_ run: SettingTrial.Run) -> String {
    let text = run.program.errors.split(separator: "\n").first ?? ""
    return text.replacingOccurrences(of: run.source, with: "")
  }

  private func variable(_ name: String) -> String { SettingTrial.variable(name) }

  @Test("may name every option of the program but those of one run, in the file and as a variable")
  func everyOption() async throws {
    let arguments = try #require(try await CommandDump.ofProgram().arguments)
    #expect(arguments.count > 30)
    for argument in arguments {
      guard let name = argument.longName, !name.hasPrefix("no-"), !Self.ofOneRun.contains(name) else { continue }
      let trial = try await SettingTrial.of(name, isFlag: argument.kind == "flag")
      for run in trial.runs {
        #expect(!run.isUnknown && !run.isOfOneRun, "\(name) cannot be set: \(run.program.errors)")
        #expect(run.takesEffect, "\(name): \(run.program.output) \(run.program.errors)")
      }
      #expect(reaction(trial.inFile) == reaction(trial.asVariable), "\(name): file and variable are the same")
    }
  }

  @Test("of one run are refused, with the reason", arguments: ["batch", "output", "resume", "shard"])
  func ofOneRun(name: String) async throws {
    let inFile = try await withSettings("\n\(name) = \"x\"\n") { try await run(["--config", $0.path]) }
    #expect(inFile.status == 64 && inFile.errors.contains("line 2") && inFile.errors.contains("one run"))
    let asVariable = try await run([], [variable(name): "x"])
    #expect(asVariable.status == 64 && asVariable.errors.contains("one run"), "\(asVariable.errors)")
  }

  @Test("The command line comes before variables, variables before the file")
  func precedence() async throws {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let own = folder.url.appending(path: "edgeassist")
    try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
    try Data("kv-budget = 301\nkv-offload-size = \"2MiB\"\n".utf8).write(to: own.appending(path: "config.toml"))
    let budget = { (arguments: [String], variables: [String: String]) async throws -> Int? in
      let run = try await Program.run(
        ["--batch", "-"] + arguments, input: #"{"id":"a","ask":"hello"}"#,
        environment: variables.merging(["XDG_CONFIG_HOME": folder.url.path]) { $1 })
      return (run.records.first?["kv"] as? [String: Any])?["budget"] as? Int
    }
    #expect(try await budget([], [:]) == 301, "and a size without an offload file is ignored")
    #expect(try await budget([], ["EDGEASSIST_KV_BUDGET": "302"]) == 302)
    #expect(try await budget(["--kv-budget", "303"], ["EDGEASSIST_KV_BUDGET": "302"]) == 303)
    #expect(try await budget(["--kv-memory", "1MiB"], [:]) != 301, "an option overrides one that it excludes")
  }

  @Test("of flags are true or false, and can be overridden")
  func flags() async throws {
    // Both flags together are refused, which shows whether they are set.
    let conflict = "exclude each other"
    func errors(_ text: String, _ arguments: [String] = [], _ variables: [String: String] = [:]) async throws -> String
    {
      try await withSettings(text) { try await run(["--config", $0.path] + arguments, variables).errors }
    }
    #expect(try await errors("mlock = true\nmmap-only = true\n").contains(conflict))
    #expect(try await !errors("mlock = true\nmmap-only = false\n").contains(conflict))
    #expect(try await !errors("mlock = true\nmmap-only = true\n", ["--no-mlock"]).contains(conflict))
    #expect(try await !errors("mlock = true\nmmap-only = true\n", [], ["EDGEASSIST_MLOCK": "0"]).contains(conflict))
    #expect(try await !errors("mlock = true\n", ["--mmap-only"]).contains(conflict), "it overrides the excluded flag")
    #expect(try await errors("mlock = 3\n").contains("true or false"))
  }

  @Test("that may be repeated are arrays")
  func arrays() async throws {
    let many = try await withSettings("lora = [\"planner=a.gguf\", \"manager=b.gguf\"]\n") {
      try await run(["--config", $0.path])
    }
    #expect(many.status == 64 && many.errors.contains("manager"), "\(many.errors)")
    let one = try await withSettings("seed = [1, 2]\n") { try await run(["--config", $0.path]) }
    #expect(one.status == 64 && one.errors.contains("one value"), "\(one.errors)")
  }

  @Test(
    "that are wrong are reported with their place",
    arguments: [
      ("kv-budget = \n", "line 1"), ("# comment\n\nbudget = 5\n", "line 3, “budget”"),
      ("seed = 3\nfps = 0\n", "line 2, “fps”"), ("fps = { a = 1 }\n", "line 1, “fps”"),
    ])
  func badSettings(text: String, word: String) async throws {
    try await withSettings(text) { file in
      let run = try await run(["--config", file.path])
      #expect(run.status == 64)
      #expect(run.errors.contains(file.lastPathComponent) && run.errors.contains(word), "\(run.errors)")
    }
    let unknown = try await run([], ["EDGEASSIST_SPEED": "9"])
    #expect(unknown.status == 64 && unknown.errors.contains("EDGEASSIST_SPEED"))
    let value = try await run([], ["EDGEASSIST_FPS": "fast"])
    #expect(value.status == 64 && value.errors.contains("EDGEASSIST_FPS"))
    let file = try await run(["--config", "/nonexistent/config.toml"])
    #expect(file.status == 64 && file.errors.contains("/nonexistent/config.toml"))
  }
}
