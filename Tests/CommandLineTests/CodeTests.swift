// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// `edgeassist code` and `code` requests. The small dialogue model takes the roles: it writes no programs, so that what
/// is seen here is the way of tasks through the program and back.
@Suite("Programming tasks without a terminal")
struct CodeTests {
  private let folder: TemporaryFolder
  private static let model = Program.checkout.appending(path: "Models/edgeassist-tiny-Q8_0.gguf").path
  /// Quick, and enough to go through every role.
  private static let options = ["--model", model, "--threads", "1", "--code-exemplars", "1", "--code-tokens", "60"]

  init() throws { folder = try TemporaryFolder() }

  private func write(_ name: String, _ text: String) throws -> String {
    try folder.write(text, to: name)
  }

  private func error(_ record: [String: Any], _ key: String) -> String? {
    (record["error"] as? [String: Any])?[key] as? String
  }

  @Test("Each task of a folder is a line with every field of the contract; a bad file costs only itself")
  func folderOfTasks() async throws {
    _ = try write("a.json", "{")
    _ = try write("b.txt", "Print 1.")
    let run = try await Program.run(["code", folder.url.path] + Self.options)
    #expect(run.status == 1 && run.errors.isEmpty, "\(run.errors)")
    let records = run.records
    try #require(records.count == 2)
    #expect(error(records[0], "code") == "request_malformed")
    #expect(error(records[0], "message")?.contains("a.json") == true)
    #expect(records[1]["id"] as? String == "b" && records[1]["status"] as? String == "ok")
    let code = try #require(records[1]["code"] as? [String: Any])
    #expect(code["language"] as? String == "python" && code["passed"] as? Bool == false)
    for key in [
      "program", "end", "examples", "examples_passed", "plans_tried", "debug_rounds", "replies_mended", "replies_lost",
    ] { #expect(code[key] != nil, "\(key)") }
    #expect(((records[1]["seconds"] as? [String: Any])?["total"] as? Double ?? 0) > 0)
    #expect(((records[1]["tokens"] as? [String: Any])?["answer"] as? Int ?? 0) > 0)
  }

  @Test("A resumed run works on what is missing, and leaves one line a task")
  func resumes() async throws {
    let tasks = try write("t.jsonl", "{\"id\":\"a\",\"task\":\"A\"}\n{\"id\":\"b\",\"task\":\"B\"}\n")
    let output = folder.path("out.jsonl")
    let arguments = ["code", tasks, "--output", output] + Self.options
    #expect(try await Program.run(arguments).status == 0)
    let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
    try #require(lines.count == 2)
    try Data((lines[0] + "\n" + lines[1].prefix(15)).utf8).write(to: URL(fileURLWithPath: output))
    #expect(try await Program.run(arguments + ["--resume"]).status == 0)
    let resumed = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
    #expect(resumed.count == 2 && resumed[0] == lines[0])
  }

  @Test("A code request in a batch is answered among the others, a bad one refused")
  func batch() async throws {
    let input = """
      {"id":"c","code":{"task":"Print 1.","language":"python","examples":[]}}
      {"id":"d","code":{"language":"python"}}
      {"id":"e","code":{"task":"Print 1."},"ask":"hello"}
      {"id":"q","ask":"hello"}

      """
    let run = try await Program.run(["--batch", "-"] + Self.options, input: input)
    #expect(run.status == 1)
    let records = run.records
    #expect(records.map { $0["id"] as? String } == ["c", "d", "e", "q"])
    #expect(records.map { error($0, "code") } == [nil, "request_malformed", "request_malformed", nil])
    #expect((records.first?["code"] as? [String: Any])?["end"] as? String != nil)
  }

  @Test("A language that nobody knows is the task's failure")
  func unknownLanguage() async throws {
    let task = try write("t.json", #"{"task":"A","language":"cobol","examples":[{"input":"1","output":"1"}]}"#)
    let run = try await Program.run(["code", task] + Self.options)
    #expect(run.status == 1)
    #expect(run.records.first.flatMap { error($0, "code") } == "language_unavailable")
  }

  @Test(
    "Wrong usage ends with status 64 and names the option",
    arguments: [
      (["--language", "cobol"], "--language"), (["--resume"], "--output"), (["--code-rounds", "-1"], "--code-rounds"),
      (["--lora", "manager=m.gguf"], "manager"), (["--code-tokens", "0"], "--code-tokens"),
      (["--code-seconds", "0"], "--code-seconds"), (["--code-exemplars", "99"], "--code-exemplars"),
    ])
  func wrongUsage(arguments: [String], word: String) async throws {
    let run = try await Program.run(["code", folder.url.path] + arguments)
    #expect(run.status == 64 && run.errors.contains(word), "\(run.errors)")
  }

  @Test("What cannot start ends with status 2 and one line that says why")
  func cannotStart() async throws {
    let task = try write("t.txt", "Print 1.")
    let empty = folder.url.appending(path: "empty")
    try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
    for (arguments, words) in [
      (["/nonexistent/tasks"], "/nonexistent/tasks"), ([empty.path], "no tasks"),
      ([task, "--output", "/nonexistent/out.jsonl"], "/nonexistent/out.jsonl"),
      ([task, "--code-model", "/nonexistent/m.gguf"], "/nonexistent/m.gguf"),
      ([task, "--lora", "coder=\(Self.model)"], "edgeassist-tiny"),
    ] {
      // A model for code is named in place of the other.
      let options = arguments.contains("--code-model") ? Array(Self.options.dropFirst(2)) : Self.options
      let run = try await Program.run(["code"] + arguments + options)
      #expect(run.status == 2 && run.errors.contains(words), "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1 && run.output.isEmpty)
    }
  }

  @Test("A chat template that cannot be followed is told, once", arguments: ["code", "--batch"])
  func template(command: String) async throws {
    var model = try Data(contentsOf: URL(fileURLWithPath: Self.model))
    let template = try #require(model.firstRange(of: Data("{% for message in".utf8)))
    model.replaceSubrange(template, with: Data("{% foe message in".utf8))
    let file = try folder.write(model, to: "model.gguf")
    let requests = try write("t.jsonl", #"{"id":"a","code":{"task":"A","examples":[]}}"#)
    let path = command == "code" ? try write("t.txt", "A") : requests
    let run = try await Program.run([command, path, "--model", file] + Self.options.dropFirst(2))
    #expect(run.status == 0)
    #expect(run.errors.ranges(of: "cannot be followed").count == 1, "\(run.errors)")
  }

  @Test(
    "Too few open files are the task's failure, which says so, and leave nothing behind", arguments: [16, 24, 40, 63])
  func fewOpenFiles(allowed: Int) async throws {
    let task = try write("t.json", #"{"task":"A","examples":[{"input":"1","output":"1"}]}"#)
    let temporary = folder.path("temporary")
    try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
    let arguments = (["code", task] + Self.options).map { "'\($0)'" }.joined(separator: " ")
    let run = try await Program.shell(
      "ulimit -n \(allowed); TMPDIR='\(temporary)' \"$0\" \(arguments)", folder: folder.url)
    #expect(run.records.map { error($0, "code") } == ["sandbox_unavailable"])
    let message = run.records.first.flatMap { error($0, "message") } ?? run.errors
    #expect(message.contains("too few open files") && !message.contains("bubblewrap"), "\(message)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: temporary) == [])
  }
}
