// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Foundation
import TestSupport
import Testing

/// Tasks as people and data sets write them, read from a temporary folder.
@Suite("Task files")
struct TaskFilesTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ name: String, _ text: String) throws {
    let file = folder.url.appending(path: name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  private func read(_ name: String = "") throws -> [TaskFiles.Entry] {
    try TaskFiles.read(name.isEmpty ? folder.url.path : folder.path(name))
  }

  private func problem(_ name: String, _ text: String) throws -> CodeProblem {
    try write(name, text)
    let entries = try read(name)
    try #require(entries.count == 1)
    return try entries[0].get()
  }

  private func reason(_ name: String, _ text: String) throws -> String {
    try write(name, text)
    guard case .failure(let error)? = try read(name).last else { return "read" }
    return error.description
  }

  private func pair(_ input: String, _ output: String) -> CodeExample { CodeExample(input: input, output: output) }

  @Test("A JSON object in this program's layout")
  func ownLayout() throws {
    let found = try problem(
      "sum.json",
      #"{"id":7,"task":"Add.","language":"c","examples":[{"input":"1 2","output":"3"}],"#
        + #""tests":[{"input":"4 5","output":"9"}]}"#
    )
    #expect(found.id == "7")
    #expect(found.task == CodeTask(statement: "Add.", language: .c, examples: [pair("1 2", "3")]))
    #expect(found.tests == [pair("4 5", "9")])
  }

  @Test("A text with and without examples; its name is the id")
  func texts() throws {
    let found = try problem("sum.txt", "Add the numbers.\n\nInput:\n1 2\nOutput:\n3\n\nInput: 4 5\nOutput: 9\n")
    #expect(found.id == "sum" && found.task.statement == "Add the numbers.")
    #expect(found.task.examples == [pair("1 2\n", "3\n"), pair("4 5\n", "9\n")])
    #expect(try problem("one.md", "Print 1.").task == CodeTask(statement: "Print 1."))
  }

  @Test("JSON Lines: blank lines are skipped, a bad line costs only itself and is named")
  func lines() throws {
    try write("tasks.jsonl", "{\"id\":\"a\",\"task\":\"A\"}\n\n{\"task\":\"B\"}\n{\"task\":5}\n")
    let entries = try read("tasks.jsonl")
    #expect(entries.compactMap { try? $0.get().id } == ["a", "tasks-3"])
    guard case .failure(let error) = entries[2] else { return #expect(Bool(false), "line 4 was read") }
    #expect(error.line == 4 && error.description.contains("tasks.jsonl, line 4: “task” has another type"))
  }

  @Test("CodeContests: public tests are examples, private and generated ones stay hidden")
  func codeContests() throws {
    let found = try problem(
      "c.jsonl",
      #"{"name":"1_A","description":"Add.","public_tests":{"input":["1"],"output":["2"]},"#
        + #""private_tests":{"input":["3"],"output":["4"]},"#
        + #""generated_tests":{"input":["5","6"],"output":["6","7"]}}"#
    )
    #expect(found.id == "1_A" && found.task.examples == [pair("1", "2")])
    #expect(found.tests == [pair("3", "4"), pair("5", "6"), pair("6", "7")])
  }

  @Test(
    "APPS: the first two pairs are examples if as many remain as tests; a single pair is both",
    arguments: [(1, 1, 1), (2, 1, 1), (3, 1, 2), (4, 2, 2), (9, 2, 7)])
  func apps(count: Int, examples: Int, tests: Int) throws {
    let numbers = (0..<count).map { "\"\($0)\"" }.joined(separator: ",")
    let pairs = "{\"inputs\":[\(numbers)],\"outputs\":[\(numbers)]}"
    let quoted = try #require(String(data: JSONEncoder().encode(pairs), encoding: .utf8))
    for (name, text) in [("object.json", pairs), ("text.json", quoted)] {
      let found = try problem(name, "{\"problem_id\":3,\"question\":\"Q\",\"input_output\":\(text)}")
      #expect(found.id == "3" && found.task.examples.count == examples && found.tests.count == tests)
    }
    try write("apps/0007/question.txt", "Q\n")
    try write("apps/0007/input_output.json", pairs)
    try write("apps/0007/metadata.json", #"{"difficulty":"interview"}"#)
    let entries = try read("apps")
    let found = try #require(try entries.first?.get())
    #expect(found.id == "0007" && found.kind == "interview" && found.task.statement == "Q")
    #expect(found.task.examples.count == examples && found.tests.count == tests)
  }

  @Test("A task that wants a function is refused in words")
  func functions() throws {
    let pairs = #"{"fn_name":"f","inputs":[[1,2]],"outputs":[3]}"#
    #expect(
      try reason("f.json", "{\"question\":\"Q\",\"input_output\":\(pairs)}").contains("a function, not a program"))
    try write("f/1/question.txt", "Q")
    try write("f/1/input_output.json", pairs)
    guard case .failure(let error)? = try read("f").first else { return #expect(Bool(false), "it was read") }
    #expect(error.description.contains("input_output.json: it wants a function"))
  }

  @Test(
    "What is no task is refused with the reason",
    arguments: [
      ("a.json", "{", "not valid JSON"), ("b.json", "[1]", "no JSON object"), ("c.json", "{}", "neither “task” nor"),
      ("d.json", #"{"task":" "}"#, "“task” is empty"), ("e.txt", " \n", "the task is empty"),
      ("f.json", #"{"task":"A","examples":[{"input":"1"}]}"#, "output” is missing"),
      ("g.json", #"{"question":"A","input_output":"{"}"#, "not valid JSON"),
    ])
  func refused(name: String, text: String, words: String) throws {
    let found = try reason(name, text)
    #expect(found.contains(words) && found.contains(name), "\(found)")
  }

  @Test("A file of JSON Lines that is named .json is read line by line")
  func misnamedLines() throws {
    try write("x.json", "{\"task\":\"A\"}\n{\"task\":\"B\"}\n")
    #expect(try read("x.json").compactMap { try? $0.get().task.statement } == ["A", "B"])
  }

  @Test("A folder is read by name with the folders within it; other files are passed over")
  func folders() throws {
    for (name, text) in [
      ("b.txt", "B"), ("a/2.md", "A2"), ("a/1.json", #"{"task":"A1"}"#), ("c.png", "?"), (".hidden.txt", "H"),
    ] { try write(name, text) }
    #expect(try read().map { try $0.get().task.statement } == ["A1", "A2", "B"])
  }

  @Test("Tasks with one id are told apart, in the same way in every run")
  func identifiers() throws {
    for name in ["a/sum.txt", "b/sum.txt", "c/sum.txt"] { try write(name, "Print 1.") }
    try write("d.jsonl", #"{"id":"sum#2","task":"A"}"#)
    for _ in 0..<2 {
      let ids = TaskFiles.tellingApart(try read()).compactMap { try? $0.get().id }
      #expect(ids == ["sum", "sum#2", "sum#3", "sum#2#2"])
    }
  }

  @Test("What links in a folder lead to is read once, and none leads around in a circle", .timeLimit(.minutes(10)))
  func links() throws {
    try write("t/one.txt", "1")
    try write("t/in/two.txt", "2")
    try write("elsewhere/three.txt", "3")
    for (link, target) in [
      ("t/a", "."), ("t/b", "."), ("t/in/up", "../.."), ("t/root", "/"), ("t/x", "../elsewhere"),
      ("t/y", "../elsewhere"), ("t/z.txt", "one.txt"),
    ] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.path(link), withDestinationPath: target)
    }
    #expect(try read("t").map { try $0.get().task.statement } == ["2", "1", "3"])
  }

  @Test("What is not there, and what is no text, is said")
  func unreadable() throws {
    let error = try #require(throws: TaskFileError.self) { try read("none.json") }
    #expect(error.description.contains("none.json: there is no such file"))
    try Data([0xFF, 0xFE, 0x00]).write(to: folder.url.appending(path: "bytes.txt"))
    #expect(throws: TaskFileError.self) { try read("bytes.txt") }
  }

  @Test("A pipe in a folder is passed over, and a line that is too long is skipped by its number")
  func bounded() throws {
    mkfifo(folder.path("pipe.json"), 0o600)
    let long = "{\"task\":\"" + String(repeating: "a", count: 17 << 20) + "\"}"
    try write("lines.jsonl", "{\"task\":\"One.\"}\n\(long)\n{\"task\":\"Three.\"}\n")
    let entries = try read("")
    #expect(entries.count == 3)
    #expect(entries.compactMap { try? $0.get().id } == ["lines-1", "lines-3"])
    guard case .failure(let error) = entries[1] else { return #expect(Bool(false)) }
    #expect(error.line == 2 && error.reason.contains("longer than"))
  }
}
