// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite("The command line")
struct CommandLineTests {
  @Test(
    "Wrong usage ends with status 64 and names the option",
    arguments: [
      (["--fps", "0"], "--fps"), (["--kv-budget", "0"], "--kv-budget"),
      (["--kv-budget", "9", "--kv-memory", "1MiB"], "exclude each other"), (["--kv-policy", "best"], "--kv-policy"),
      (["--kv-variant", "patch-aligned,best"], "--kv-variant"),
      (["--threads", "0"], "--threads"), (["--resume"], "--batch"), (["--temperature", "-1"], "temperature"),
      (["--nonsense"], "--nonsense"), (["--batch", "-", "--video", "a.mp4"], "--video"),
      (["--reconnect", "soon"], "--reconnect"), (["--reconnect", "-1"], "--reconnect"),
      (["--reconnect", "1e99h"], "--reconnect"), (["--kv-memory", "lots"], "--kv-memory"),
      (["--signal-timeout", "soon"], "--signal-timeout"), (["--signal-timeout", "0"], "--signal-timeout"),
      (["--kv-offload-size", "1MiB"], "--kv-offload FILE"), (["--scrub-rate", "1MiB"], "--scrub"),
      (["--scrub", "--scrub-rate", "fast"], "--scrub-rate"), (["doctor", "--inject", "a", "--flips", "0"], "--flips"),
      (["profile", "--output", "x", "--suite", "code"], "--suite"), (["nonsense"], "nonsense"),
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

  @Test("Files may have names of one letter")
  func shortNames() async throws {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    try FileManager.default.copyItem(atPath: QuantizeTests.model, toPath: folder.path("m"))
    try FileManager.default.copyItem(atPath: Program.sample, toPath: folder.path("v"))
    for (name, text) in [
      ("r", #"{"id":"a","ask":"hello","max_tokens":2}"#), ("f", #"{"id":"a","video":"v","ask":"hello"}"#),
      ("t", "Print 1."),
    ] { try folder.write(text, to: name) }
    for (arguments, status) in [
      (["--batch", "r", "--model", "m", "--output", "o"], 0), (["inspect", "m"], 0), (["inspect", "x"], 2),
      (["--batch", "f", "--model", "m"], 1), (["--batch", "x"], 2),
      (["code", "t", "--model", "m", "--output", "p", "--code-exemplars", "1", "--code-tokens", "1"], 0),
    ] as [([String], Int32)] {
      let run = try await Program.run(arguments, folder: folder.url)
      #expect(run.status == status, "\(arguments): \(run.errors)")
    }
  }
}
