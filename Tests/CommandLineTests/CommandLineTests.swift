// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

struct CommandLineTests {
  @Test("Help teaches the three uses and every option")
  func help() async throws {
    let run = try await Program.run(["--help"])
    #expect(run.status == 0)
    for word in ["--video", "--batch", "edgeassist --batch requests.jsonl", "config.toml"] {
      #expect(run.output.contains(word), "\(word)")
    }
  }

  @Test(
    "Wrong usage ends with status 64 and names the flag",
    arguments: [
      (["--fps", "0"], "--fps"), (["--kv-budget", "0"], "--kv-budget"),
      (["--kv-budget", "9", "--kv-memory", "1MiB"], "exclude each other"), (["--kv-policy", "best"], "--kv-policy"),
      (["--kv-variant", "patch-aligned,best"], "--kv-variant"),
      (["--threads", "0"], "--threads"), (["--resume"], "--batch"), (["--temperature", "-1"], "temperature"),
      (["--nonsense"], "--nonsense"), (["--batch", "-", "--video", "a.mp4"], "--video"),
      (["--kv-memory", "lots"], "--kv-memory"),
    ])
  func wrongUsage(arguments: [String], word: String) async throws {
    let run = try await Program.run(arguments)
    #expect(run.status == 64)
    #expect(run.errors.contains(word), "\(run.errors)")
  }

  @Test("Without a terminal the screen refuses and points to --batch", arguments: ["dumb", "xterm-256color"])
  func noTerminal(term: String) async throws {
    let run = try await Program.run([], environment: ["TERM": term])
    #expect(run.status == 2)
    #expect(run.errors.contains("--batch"), "\(run.errors)")
  }

  @Test("Flags come before variables, variables before the settings file")
  func precedence() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "edgeassist-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder.appending(path: "edgeassist"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data("kv-budget = 301\n".utf8).write(to: folder.appending(path: "edgeassist/config.toml"))
    let budget = { (arguments: [String], variables: [String: String]) async throws -> Int? in
      let run = try await Program.run(
        ["--batch", "-"] + arguments, input: #"{"id":"a","ask":"hello"}"#,
        environment: variables.merging(["XDG_CONFIG_HOME": folder.path]) { $1 })
      return (run.records.first?["kv"] as? [String: Any])?["budget"] as? Int
    }
    #expect(try await budget([], [:]) == 301)
    #expect(try await budget([], ["EDGEASSIST_KV_BUDGET": "302"]) == 302)
    #expect(try await budget(["--kv-budget", "303"], ["EDGEASSIST_KV_BUDGET": "302"]) == 303)
    #expect(try await budget(["--kv-memory", "1MiB"], [:]) != 301, "a rival flag silences the file's")
  }

  @Test(
    "A bad setting is blamed on its place",
    arguments: [("kv-budget = \n", "line 1"), ("budget = 5\n", "“budget”"), ("fps = 0\n", "“fps”")])
  func badSettings(text: String, word: String) async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "edgeassist-\(UUID().uuidString).toml")
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let run = try await Program.run(["--config", file.path, "--batch", "-"], input: "")
    #expect(run.status == 64)
    #expect(run.errors.contains(file.lastPathComponent) && run.errors.contains(word), "\(run.errors)")
    let variable = try await Program.run(["--batch", "-"], input: "", environment: ["EDGEASSIST_SPEED": "9"])
    #expect(variable.status == 64 && variable.errors.contains("EDGEASSIST_SPEED"))
  }
}
