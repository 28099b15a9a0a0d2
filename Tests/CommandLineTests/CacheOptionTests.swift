// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite("KV cache options")
struct CacheOptionTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private let request = "{\"id\":\"a\",\"video\":\"\(Program.sample)\",\"ask\":\"What came first?\"}\n"

  private func cache(_ record: [String: Any]) throws -> [String: Any] {
    try #require(record["kv"] as? [String: Any])
  }

  @Test("Keys and values in fewer bits: the same budget of tokens takes fewer bytes")
  func types() async throws {
    var bytes: [Int] = []
    for type in ["f16", "q8_0", "q4"] {
      let run = try await Program.run(
        ["--batch", "-", "--kv-budget", "256", "--kv-type", type, "--threads", "1"], input: request)
      #expect(run.status == 0, "\(run.errors)")
      let record = try #require(run.records.first)
      #expect(record["answer"] as? String == "A cat came first.")
      bytes.append(try #require(try cache(record)["bytes"] as? Int))
    }
    #expect(bytes[1] < bytes[0] && bytes[2] < bytes[1])
  }

  @Test("A head budget profile is measured and used, and that of another model is refused")
  func profile() async throws {
    let file = folder.url.appending(path: "heads.json")
    let adapted = try await Program.run(["profile", "--output", file.path, "--lora", "/nonexistent/a.gguf"])
    #expect(adapted.status == 2 && adapted.errors.contains("/nonexistent/a.gguf"), "\(adapted.errors)")
    let made = try await Program.run(
      [
        "profile", "--output", file.path, "--questions", "4", "--questions-per-stream", "4", "--seconds", "12",
        "--visits", "1",
        "--threads", "1",
      ])
    #expect(made.status == 0, "\(made.errors)")
    let arguments = ["--batch", "-", "--kv-budget", "320", "--threads", "1", "--kv-profile", file.path]
    let run = try await Program.run(arguments, input: request)
    #expect(run.status == 0, "\(run.errors)")
    let cached = try cache(try #require(run.records.first))
    #expect(try #require(cached["peak"] as? Int) <= 320)

    var text = try String(contentsOf: file, encoding: .utf8)
    let digest = try #require(text.firstMatch(of: try Regex("\"digest\" : \"([0-9a-f]+)\"")))
    text.replaceSubrange(digest.range, with: "\"digest\" : \"0000\"")
    try text.write(to: file, atomically: true, encoding: .utf8)
    let refused = try await Program.run(arguments, input: request)
    #expect(refused.status == 2 && refused.errors.contains("edgeassist profile"), "\(refused.errors)")
  }

  @Test("A pruning profile is measured and used, and what is none is refused")
  func pruning() async throws {
    let file = folder.path("pruning.json")
    let made = try await Program.run(
      [
        "profile", "--pruning", "--output", file, "--questions", "2", "--questions-per-stream", "2", "--seconds", "12",
        "--visits", "1", "--prune-heads", "0", "--prune-vision-heads", "0.05", "--reuse-maps", "0", "--threads", "1",
      ])
    #expect(made.status == 0 && made.output.contains("left out together"), "\(made.errors)")
    let arguments = ["--batch", "-", "--threads", "1", "--attention-pruning"]
    let run = try await Program.run(arguments + [file], input: request)
    #expect(run.status == 0 && run.records.first?["answer"] is String, "\(run.errors)")
    let refused = try await Program.run(arguments + [folder.path("none.json")], input: request)
    #expect(refused.status == 2 && refused.errors.contains("none.json"), "\(refused.errors)")
    for (given, word) in [
      (["--reuse-maps", "0.5"], "without --pruning"), (["--pruning", "--ratio", "0.5"], "with --pruning"),
      (["--pruning", "--prune-heads", "1"], "--prune-heads"), (["--pruning", "--windows", "2"], "--data"),
    ] {
      let wrong = try await Program.run(["profile", "--output", folder.path("x.json")] + given)
      #expect(wrong.status == 64 && wrong.errors.contains(word), "\(wrong.errors)")
    }
  }

  @Test("Evicted tokens are offloaded to a file of the given size, and a file of another kind is not touched")
  func offload() async throws {
    let file = folder.url.appending(path: "offload")
    let arguments = [
      "--batch", "-", "--kv-budget", "192", "--threads", "1", "--kv-offload-size", "1MiB", "--kv-offload",
    ]
    let run = try await Program.run(arguments + [file.path], input: request)
    #expect(run.status == 0, "\(run.errors)")
    let record = try #require(run.records.first)
    #expect(record["answer"] as? String == "A cat came first.")
    #expect(try #require(try cache(record)["peak"] as? Int) <= 192)
    let size = try #require(try FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int)
    #expect(size <= 1 << 20 && size > 1 << 19)

    let foreign = folder.url.appending(path: "notes.txt")
    try Data("remember the milk".utf8).write(to: foreign)
    let refused = try await Program.run(arguments + [foreign.path], input: request)
    #expect(refused.status == 2 && refused.errors.contains("notes.txt"), "\(refused.errors)")
    #expect(try String(contentsOf: foreign, encoding: .utf8) == "remember the milk")
  }
}
