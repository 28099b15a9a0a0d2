// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Text of files, requests and the command line that a terminal would obey.
@Suite("Text of others on the terminal")
struct TerminalEscapeTests {
  /// Fills the clipboard, clears the screen, sets a colour (C1), turns the direction of writing.
  private static let hostile = "x\u{1B}]52;c;eA==\u{7}\u{1B}[2J\u{9B}31m\u{202E}"
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The first character that a terminal would obey, but for line feeds.
  private func obeyed(_ text: String) -> String? {
    text.unicodeScalars.first { scalar in
      scalar != "\n" && (scalar.properties.generalCategory == .control || scalar == "\u{202E}")
    }.map { "U+\(String($0.value, radix: 16))" }
  }

  @Test(
    "Paths, values and names in messages are written out by every command",
    arguments: [
      ["inspect", hostile], ["quantize", hostile, "out.gguf", "--type", "Q4_0"], ["quantize", "a", "--type", hostile],
      ["code", hostile], ["code", ".", "--language", hostile], ["code", ".", "--lora", hostile], ["doctor", hostile],
      ["--batch", hostile], ["--batch", "-", "--model", hostile], ["--batch", "-", "--mmproj", hostile],
      ["--batch", "-", "--output", hostile + "/out"], ["--batch", "-", "--kv-policy", hostile], ["--" + hostile],
      ["--batch", "-", "--kv-offload", hostile + "/offload"], ["--batch", "-", "--kv-profile", hostile],
      ["--batch", "-", "--lora", hostile], ["--config", hostile], ["--video", hostile], [hostile],
      ["eval", "--requests", hostile, "--answers", hostile], ["eval", "--configurations", hostile],
      ["eval", "--suite", "code", "--tasks", hostile], ["profile", "--output", hostile + "/profile"],
      ["bench", "--json", hostile + "/report"], ["bench", "--compare", hostile, hostile],
      ["bench", "--shape", hostile],
      ["quantize", QuantizeTests.model, hostile + "/out.gguf", "--type", "Q4_0"],
    ])
  func messages(arguments: [String]) async throws {
    let run = try await Program.run(arguments, folder: folder.url)
    #expect(run.status != 0)
    #expect(!run.errors.isEmpty)
    #expect(obeyed(run.errors) == nil, "\(run.errors.debugDescription)")
    #expect(obeyed(run.output) == nil, "\(run.output.debugDescription)")
  }

  @Test("A setting and a variable are written out")
  func settings() async throws {
    let file = folder.path("config.toml")
    try Data("kv-policy = \"x\\u001b[2J\"\n\"\\u001b]52;c;\" = 1\n".utf8).write(to: URL(fileURLWithPath: file))
    for environment in [
      ["EDGEASSIST_CONFIG": file], ["EDGEASSIST_KV_POLICY": Self.hostile], ["EDGEASSIST_CONFIG": Self.hostile],
    ] {
      let run = try await Program.run(["--batch", "-"], environment: environment, folder: folder.url)
      #expect(run.status != 0 && obeyed(run.errors) == nil, "\(run.errors.debugDescription)")
    }
  }

  /// The embedded model with its name and a tensor's name replaced.
  private func hostileModel(tensor: Bool) throws -> String {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: QuantizeTests.model))
    func replace(after key: String, skipping: Int) throws {
      let range = try #require(bytes.range(of: Data(key.utf8)))
      let length = bytes[(range.upperBound + skipping)..<(range.upperBound + skipping + 8)].enumerated()
        .reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
      let start = range.upperBound + skipping + 8
      let text = Data(Self.hostile.utf8.prefix(length))
      bytes.replaceSubrange(start..<start + length, with: text + Data(repeating: 0x20, count: length - text.count))
    }
    try replace(after: "general.name", skipping: 4)
    if tensor {
      let name = Data("blk.0.attn_q.weight".utf8)
      let range = try #require(bytes.range(of: name))
      bytes.replaceSubrange(range, with: Data("x\u{1B}]52;c;\u{7}\u{1B}[2J\u{9B}31m\n".utf8))
    }
    let path = folder.url.appending(path: "hostile.gguf")
    try bytes.write(to: path)
    return path.path
  }

  @Test("A model's names are written out by inspect, and escaped in its JSON", arguments: [false, true])
  func inspect(tensor: Bool) async throws {
    let model = try hostileModel(tensor: tensor)
    let report = try await Program.run(["inspect", model, "--tensors"])
    #expect(report.output.contains("\\u{1b}") && obeyed(report.output) == nil, "\(report.output.debugDescription)")
    let json = try await Program.run(["inspect", model, "--tensors", "--json"])
    #expect(obeyed(json.output) == nil)
    let object = try #require(json.records.first)
    #expect((object["name"] as? String)?.hasPrefix("x\u{1B}]52") == true)
    let start = try await Program.run(["--batch", "-", "--model", model])
    #expect(obeyed(start.errors) == nil, "\(start.errors.debugDescription)")
    let plan = try await Program.run(["quantize", model, "--type", "Q4_0", "--dry-run"])
    #expect(obeyed(plan.output + plan.errors) == nil)
  }

  @Test(
    "Ids in a status line are written out",
    .enabled(
      if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script"), "script of util-linux makes a terminal"))
  func statusLine() async throws {
    let id = "x\\u001b]52;c;eA==\\u0007\\u009b2J\\u202e"
    try folder.write("{\"id\":\"\(id)\",\"ask\":\"hello\",\"max_tokens\":2}\n", to: "r.jsonl")
    try folder.write("{\"id\":\"\(id)\",\"task\":\"Print 1.\"}\n", to: "t.jsonl")
    for command in [
      "--batch r.jsonl --output out.jsonl",
      "code t.jsonl --output done.jsonl --model '\(QuantizeTests.model)' --code-exemplars 1 --code-tokens 10",
    ] {
      let run = try await Program.shell("export P=\"$0\"; script -qec \"$P \(command)\" /dev/null", folder: folder.url)
      #expect(run.output.contains("\\u{1b}]52"), "\(run.output.debugDescription)")
      #expect(!run.output.contains("\u{1B}]52") && !run.output.contains("\u{9B}") && !run.output.contains("\u{202E}"))
    }
  }
}
