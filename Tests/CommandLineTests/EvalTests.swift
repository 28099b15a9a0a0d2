// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

struct EvalTests {
  /// Two short streams, two configurations.
  private let arguments = [
    "eval", "--questions", "6", "--per-stream", "3", "--seconds", "14", "--visits", "1", "--kinds", "early,static",
    "--configurations", "full,uniform", "--shares", "1/2", "--threads", "1",
  ]

  private func scratch() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(path: "edgeassist-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  private func lines(_ file: URL) throws -> [Substring] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
  }

  /// What was asked and answered, without times.
  private func answers(_ file: URL) throws -> [[String]] {
    try lines(file).dropFirst().map { line in
      let record = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      return ["configuration", "ask", "expected", "answer", "held"].map { "\(record[$0] ?? "none")" }
    }
  }

  @Test("The embedded model answers short streams; half the cache holds half the bytes; a table and figures come out")
  func wholeRun() async throws {
    let folder = try scratch()
    defer { try? FileManager.default.removeItem(at: folder) }
    let output = folder.appending(path: "answers.jsonl")
    let run = try await Program.run(arguments + ["--output", output.path, "--json", "-"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.isEmpty, "no progress is drawn without a terminal")
    let report = try #require(run.records.first)
    #expect(report["complete"] as? Bool == true && report["seed"] as? String == "1")
    let cells = try #require(report["cells"] as? [[String: Any]])
    #expect(cells.map { $0["configuration"] as? String } == ["full", "uniform"])
    let bytes = try cells.map { try #require($0["bytes"] as? Double) }
    #expect(bytes[1] <= bytes[0] / 2)
    let exact = try #require((cells[0]["exact"] as? [String: Double])?["value"])
    #expect(exact >= 0.5, "the model knows streams as short as these")
    #expect(try lines(output).count == 1 + 12)

    let table = try await Program.run(arguments)
    #expect(table.status == 0)
    for word in ["exact %", "uniform", "1/2", "by place", "by question", "static"] {
      #expect(table.output.contains(word), "\(word)")
    }
  }

  @Test("A run that was cut off goes on to the very answers of a whole one")
  func resume() async throws {
    let folder = try scratch()
    defer { try? FileManager.default.removeItem(at: folder) }
    let output = folder.appending(path: "answers.jsonl")
    #expect(try await Program.run(arguments + ["--output", output.path]).status == 0)
    let whole = try answers(output)
    let kept = try lines(output)
    let cut = kept.prefix(6).joined(separator: "\n") + "\n" + kept[6].prefix(30)
    try Data(cut.utf8).write(to: output)
    #expect(try await Program.run(arguments + ["--output", output.path, "--resume"]).status == 0)
    let resumed = try answers(output)
    #expect(resumed.sorted { $0.description < $1.description } == whole.sorted { $0.description < $1.description })
    #expect(try Array(lines(output).prefix(6)) == Array(kept.prefix(6)), "what was answered stays as it was")
  }

  @Test("Results of another evaluation are not gone on with")
  func otherEvaluation() async throws {
    let folder = try scratch()
    defer { try? FileManager.default.removeItem(at: folder) }
    let output = folder.appending(path: "answers.jsonl")
    try Data(#"{"suite":"stream","seed":"2"}"#.utf8).write(to: output)
    let seed = try await Program.run(arguments + ["--output", output.path, "--resume"])
    #expect(seed.status == 2)
    #expect(seed.errors.contains("another seed") && seed.errors.contains(output.path), "\(seed.errors)")
    try Data("something else\n".utf8).write(to: output)
    let text = try await Program.run(arguments + ["--output", output.path, "--resume"])
    #expect(text.status == 2 && text.errors.contains(output.path))
    #expect(try lines(output) == ["something else"], "it is left as it was")
  }

  @Test("A story that begins late is the same story, after so many seconds of quiet")
  func lead() async throws {
    let folder = try scratch()
    defer { try? FileManager.default.removeItem(at: folder) }
    let output = folder.appending(path: "answers.jsonl")
    var questions: [[String]] = []
    var held: [Int] = []
    for lead in ["0", "100"] {
      #expect(try await Program.run(arguments + ["--output", output.path, "--lead", lead]).status == 0)
      let answers = try answers(output).filter { $0[0] == "full" }
      questions.append(answers.map { $0[1] })
      held.append(try #require(Int(answers[0][4])))
    }
    #expect(questions[0] == questions[1])
    #expect(abs(held[1] - held[0] - 100 * 16) <= 16, "16 tokens a second; answers may differ by some")
  }

  @Test("Own clips are asked about, and their answers compared")
  func clips() async throws {
    let folder = try scratch()
    defer { try? FileManager.default.removeItem(at: folder) }
    let requests = folder.appending(path: "requests.jsonl")
    let expected = folder.appending(path: "answers.jsonl")
    let first = #"{"id":"a","video":"\#(Program.sample)","ask":"What came first?"}"#
    let talk = #"{"id":"b","video":"\#(Program.sample)","turns":[{"at":0.6,"ask":"Hello"},{"ask":"Thanks"}]}"#
    try Data((first + "\n\n" + talk + "\n").utf8).write(to: requests)
    let right = [
      #"{"id":"a","answer":"A cat came first.","kind":"first","place":"early"}"#,
      #"{"id":"b","turn":0,"answer":"never said"}"#, #"{"id":"b","turn":1,"answer":"You are welcome."}"#,
    ]
    try Data(right.joined(separator: "\n").utf8).write(to: expected)
    let arguments = [
      "eval", "--requests", requests.path, "--answers", expected.path, "--configurations", "full", "--threads", "1",
    ]
    let run = try await Program.run(arguments + ["--json", "-"])
    #expect(run.status == 0, "\(run.errors)")
    let cell = try #require((run.records.first?["cells"] as? [[String: Any]])?.first)
    #expect(cell["answers"] as? Int == 3)
    let kinds = try #require(cell["byQuestion"] as? [String: [String: Any]])
    #expect((kinds["first"]?["exact"] as? [String: Double])?["value"] == 1)

    try Data(right[1...].joined(separator: "\n").utf8).write(to: expected)
    let lacking = try await Program.run(arguments)
    #expect(lacking.status == 2 && lacking.errors.contains("“a”"), "\(lacking.errors)")
  }

  @Test("What configurations have kept is drawn into a picture")
  func plot() async throws {
    let folder = try scratch()
    defer { try? FileManager.default.removeItem(at: folder) }
    let image = folder.appending(path: "kept.png")
    #expect(try await Program.run(arguments + ["--plot", image.path]).status == 0)
    #expect(Array(try Data(contentsOf: image).prefix(4)) == [0x89, 0x50, 0x4E, 0x47])
  }

  @Test("A budget too small for a stream is a figure of the table, not the end of the run")
  func tooSmall() async throws {
    let run = try await Program.run(arguments + ["--kv-budget", "8"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("too small for 2 streams"), "\(run.output)")
  }

  @Test(
    "Wrong usage ends with status 64 and says what there is",
    arguments: [
      (["--configurations", "full,best"], "sliding-window"),
      (["--configurations", "uniform+patch-aligned"], "infinipot-v"),
      (["--shares", "2"], "1/8"), (["--resume"], "--output"), (["--questions", "0"], "--questions"),
      (["--kinds", "busy"], "--kinds"), (["--visits", "4-2"], "--visits"), (["--seconds", "1"], "--seconds"),
      (["--kv-budget", "9", "--kv-memory", "1MiB"], "exclude each other"),
    ])
  func wrongUsage(arguments: [String], word: String) async throws {
    let run = try await Program.run(["eval"] + arguments)
    #expect(run.status == 64)
    #expect(run.errors.contains(word), "\(run.errors)")
  }

  @Test("What cannot be written ends with status 2 and one line", arguments: ["--output", "--json"])
  func unwritable(flag: String) async throws {
    let run = try await Program.run(arguments + [flag, "/nonexistent/file"])
    #expect(run.status == 2)
    #expect(run.errors.hasPrefix("edgeassist: ") && run.errors.contains("/nonexistent/file"), "\(run.errors)")
  }
}
