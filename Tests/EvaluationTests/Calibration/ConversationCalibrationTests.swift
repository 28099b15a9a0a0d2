// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Inference
import Records
import TestSupport
import Testing

@Suite("A calibration on conversations", .serialized)
struct ConversationCalibrationTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(lines: String..., windows: Int = 8) async throws -> Calibration {
    let path = try folder.write((lines.joined(separator: "\n") + "\n").utf8, to: "calibration.jsonl")
    return try await run(path, windows: windows)
  }

  private func run(_ path: String, windows: Int = 8) async throws -> Calibration {
    let model = try LoadedModel(paths: ModelPaths.resolve(languageModel: nil), threads: 1)
    let options = CalibrationOptions(source: .conversations(path), length: 32, windows: windows)
    return try #require(try await CalibrationRunner(model: model, options: options).run())
  }

  @Test("reads the frames of a video as a stream, so that more tokens count than the words have")
  func video() async throws {
    let ask = #""ask":"What is in view now?","answer":"A cat is in view."}"#
    let words = try await run(lines: #"{"id":"w","# + ask)
    let seen = try await run(lines: #"{"id":"v","video":"\#(Checkout.sampleClip)","# + ask)
    #expect(words.windows == 1 && seen.windows == 1)
    #expect(seen.tokens > words.tokens + 100 && seen.longest == seen.tokens)
    #expect(seen.meanSquares["blk.0.attn_q.weight"] != words.meanSquares["blk.0.attn_q.weight"])
  }

  @Test("reads messages, and lets the model answer what has no answer")
  func messages() async throws {
    let answered = #"{"messages":[{"role":"user","content":"Hello."},{"role":"assistant","content":"Hello!"}]}"#
    let open = #"{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hello."}]}"#
    let both = try await run(lines: answered, open)
    #expect(both.windows == 2 && both.tokens > both.longest)
    #expect(try await run(lines: answered, open, windows: 1).windows == 1)
  }

  @Test(
    "names the line that is wrong, and what is wrong with it",
    arguments: [
      ("", "it holds no request"), ("hello", "line 1: it is not valid JSON"),
      (#"{"id":"a","ask":"Hello."}"# + "\n{}", "line 2: "),
      (#"{"messages":[{"role":"user"}]}"#, "line 1: “messages”"),
      (#"{"messages":[{"role":"assistant","content":"Hello."}]}"#, "line 1: a message of the assistant"),
      (#"{"messages":[{"role":"robot","content":"Hello."}]}"#, "“robot” is no role"),
      (#"{"id":"a","video":"missing.mp4","ask":"Hello."}"#, "line 1: "),
    ])
  func badLines(contents: String, message: String) async throws {
    await #expect {
      _ = try await run(lines: contents)
    } throws: { error in
      let text = (error as? EvaluationError)?.message ?? (error as? ReportedError)?.message ?? "\(error)"
      return text.contains("calibration.jsonl") && text.contains(message)
    }
  }

  @Test("refuses a question that is longer than the context before the model reads it")
  func tooLong() async throws {
    await #expect {
      _ = try await run(lines: #"{"id":"a","ask":"\#(String(repeating: "cat ", count: 40_000))"}"#)
    } throws: { ($0 as? ReportedError)?.message.contains("line 1: it takes 40") == true }
  }

  @Test("refuses bytes that are no text")
  func notText() async throws {
    let path = try folder.write(
      Array(#"{"id":"a","ask":""#.utf8) + [0xE9] + Array("\"}\n".utf8), to: "calibration.jsonl")
    await #expect(throws: EvaluationError.badLine(path: path, line: 1, detail: "it is not UTF-8")) {
      try await run(path)
    }
  }

  @Test("is told from one on a text by the file's name or by its beginning")
  func recognized() throws {
    for (name, contents, expected) in [
      ("a.jsonl", "", true), ("a.txt", "\n {\"id\":\"a\"}\n", true), ("b.txt", "{ is a brace.", false),
      ("c.txt", "A cat.", false),
    ] {
      let path = try folder.write(contents.utf8, to: name)
      #expect(CalibrationOptions.isFileOfConversations(path) == expected, "\(name)")
    }
  }
}
