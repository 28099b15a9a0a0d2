// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

struct EvalTests {
  /// Two short streams, two configurations.
  private let arguments = [
    "eval", "--questions", "6", "--questions-per-stream", "3", "--seconds", "14", "--visits", "1", "--kinds",
    "early,static",
    "--configurations", "full,uniform", "--kv-ratios", "1/2", "--threads", "1",
  ]

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func lines(_ file: URL) throws -> [Substring] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
  }

  /// Questions and answers with their configuration and cached tokens, without times.
  private func answers(_ file: URL) throws -> [[String]] {
    try lines(file).dropFirst().map { line in
      let record = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      return ["configuration", "ask", "expected", "answer", "cached_tokens"].map { "\(record[$0] ?? "none")" }
    }
  }

  @Test("The embedded model answers short streams; half the budget is half the bytes; a report and a summary come out")
  func wholeRun() async throws {
    let output = folder.url.appending(path: "answers.jsonl")
    let run = try await Program.run(arguments + ["--output", output.path, "--json", "-"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.isEmpty, "no progress is drawn without a terminal")
    let report = try #require(run.records.first)
    #expect(report["is_complete"] as? Bool == true)
    #expect((report["evaluation"] as? [String: String])?["seed"] == "1")
    let results = try #require(report["results"] as? [[String: Any]])
    #expect(results.map { $0["configuration"] as? String } == ["full", "uniform"])
    let bytes = try results.map { try #require($0["cache_bytes"] as? Double) }
    #expect(bytes[1] <= bytes[0] / 2)
    let exact = try #require((results[0]["exact_match"] as? [String: Double])?["value"])
    #expect(exact >= 0.5, "the model knows streams as short as these")
    #expect(try lines(output).count == 1 + 12)

    let table = try await Program.run(arguments)
    #expect(table.status == 0)
    for word in ["exact %", "uniform", "1/2", "by position", "by question", "static"] {
      #expect(table.output.contains(word), "\(word)")
    }
  }

  @Test("A resumed run gives the same answers as a whole run")
  func resume() async throws {
    let output = folder.url.appending(path: "answers.jsonl")
    #expect(try await Program.run(arguments + ["--output", output.path]).status == 0)
    let whole = try answers(output)
    let kept = try lines(output)
    let cut = kept.prefix(6).joined(separator: "\n") + "\n" + kept[6].prefix(30)
    try Data(cut.utf8).write(to: output)
    #expect(try await Program.run(arguments + ["--output", output.path, "--resume"]).status == 0)
    let resumed = try answers(output)
    #expect(resumed.sorted { $0.description < $1.description } == whole.sorted { $0.description < $1.description })
    #expect(try Array(lines(output).prefix(6)) == Array(kept.prefix(6)), "finished records are kept")
  }

  @Test("Results of another evaluation or an earlier version are not resumed")
  func otherEvaluation() async throws {
    let output = folder.url.appending(path: "answers.jsonl")
    try Data(#"{"format":"2","suite":"doorstep","seed":"2"}"#.utf8).write(to: output)
    let seed = try await Program.run(arguments + ["--output", output.path, "--resume"])
    #expect(seed.status == 2)
    #expect(seed.errors.contains("another seed") && seed.errors.contains(output.path), "\(seed.errors)")
    try Data(#"{"suite":"stream","seed":"1"}"#.utf8).write(to: output)
    let old = try await Program.run(arguments + ["--output", output.path, "--resume"])
    #expect(old.status == 2)
    #expect(old.errors.contains("earlier version") && old.errors.contains(output.path), "\(old.errors)")
    try Data("something else\n".utf8).write(to: output)
    let text = try await Program.run(arguments + ["--output", output.path, "--resume"])
    #expect(text.status == 2 && text.errors.contains(output.path))
    #expect(try lines(output) == ["something else"], "it is left as it was")
  }

  @Test("A warm-up adds seconds without events before the same story")
  func warmup() async throws {
    let output = folder.url.appending(path: "answers.jsonl")
    var questions: [[String]] = []
    var cached: [Int] = []
    for seconds in ["0", "100"] {
      #expect(try await Program.run(arguments + ["--output", output.path, "--warmup-seconds", seconds]).status == 0)
      let answers = try answers(output).filter { $0[0] == "full" }
      questions.append(answers.map { $0[1] })
      cached.append(try #require(Int(answers[0][4])))
    }
    #expect(questions[0] == questions[1])
    #expect(abs(cached[1] - cached[0] - 100 * 16) <= 16, "16 tokens per second; answers may differ in length")
  }

  @Test("Own clips are asked about, and their answers compared")
  func clips() async throws {
    let requests = folder.url.appending(path: "requests.jsonl")
    let expected = folder.url.appending(path: "answers.jsonl")
    let first = #"{"id":"a","video":"\#(Program.sample)","ask":"What came first?"}"#
    let talk = #"{"id":"b","video":"\#(Program.sample)","turns":[{"at":0.6,"ask":"Hello"},{"ask":"Thanks"}]}"#
    try Data((first + "\n\n" + talk + "\n").utf8).write(to: requests)
    let right = [
      #"{"id":"a","answer":"A cat came first.","kind":"first","position":"early"}"#,
      #"{"id":"b","turn":0,"answer":"never said"}"#, #"{"id":"b","turn":1,"answer":"You are welcome."}"#,
    ]
    try Data(right.joined(separator: "\n").utf8).write(to: expected)
    let arguments = [
      "eval", "--requests", requests.path, "--answers", expected.path, "--configurations", "full", "--threads", "1",
    ]
    let run = try await Program.run(arguments + ["--json", "-"])
    #expect(run.status == 0, "\(run.errors)")
    let result = try #require((run.records.first?["results"] as? [[String: Any]])?.first)
    #expect(result["answers"] as? Int == 3)
    let kinds = try #require(result["by_question"] as? [String: [String: Any]])
    #expect((kinds["first"]?["exact_match"] as? [String: Double])?["value"] == 1)

    for (line, words) in [
      (#"{"id":"a","answer":"A cat came first.","place":"early"}"#, "“place”"), (right[0], "an earlier line"),
    ] {
      try Data((right + [line]).joined(separator: "\n").utf8).write(to: expected)
      let refused = try await Program.run(arguments)
      #expect(refused.status == 2 && refused.errors.contains(words), "\(refused.errors)")
      #expect(refused.errors.contains("line 4"))
    }

    try Data(right[1...].joined(separator: "\n").utf8).write(to: expected)
    let incomplete = try await Program.run(arguments)
    #expect(incomplete.status == 2 && incomplete.errors.contains("“a”"), "\(incomplete.errors)")
  }

  @Test("What configurations retain is plotted")
  func plot() async throws {
    let image = folder.url.appending(path: "retained.png")
    #expect(try await Program.run(arguments + ["--plot", image.path]).status == 0)
    #expect(Array(try Data(contentsOf: image).prefix(4)) == [0x89, 0x50, 0x4E, 0x47])
  }

  @Test("A budget that is too small for a stream is reported and does not end the run")
  func tooSmall() async throws {
    let withoutRatios = arguments.filter { !["--kv-ratios", "1/2"].contains($0) }
    let run = try await Program.run(withoutRatios + ["--kv-budget", "8"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("too small for 2 streams"), "\(run.output)")
  }

  @Test(
    "Wrong usage ends with status 64 and says what there is",
    arguments: [
      (["--configurations", "full,best"], "sliding-window"),
      (["--configurations", "uniform+patch-aligned"], "infinipot-v"),
      (["--kv-ratios", "2"], "1/8"), (["--resume"], "--output"), (["--questions", "0"], "--questions"),
      (["--kinds", "busy"], "--kinds"), (["--visits", "4-2"], "--visits"), (["--seconds", "1"], "--seconds"),
      (["--kv-budget", "9", "--kv-memory", "1MiB"], "exclude each other"),
    ])
  func wrongUsage(arguments: [String], word: String) async throws {
    let run = try await Program.run(["eval"] + arguments)
    #expect(run.status == 64)
    #expect(run.errors.contains(word), "\(run.errors)")
  }

  @Test("A file that cannot be written ends the run with status 2 and one line", arguments: ["--output", "--json"])
  func unwritable(flag: String) async throws {
    let run = try await Program.run(arguments + [flag, "/nonexistent/file"])
    #expect(run.status == 2)
    #expect(run.errors.hasPrefix("edgeassist: ") && run.errors.contains("/nonexistent/file"), "\(run.errors)")
  }
}
