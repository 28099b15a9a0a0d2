// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Files that are written, and what happens to those that are there.
@Suite("Output files")
struct OutputTests {
  private let folder: TemporaryFolder
  private let requests = """
    {"id":"a","ask":"hello","max_tokens":2}
    {"id":"b","ask":"hello","max_tokens":2}

    """

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(requests, to: "r.jsonl")
    try folder.write(#"{"id":"t","task":"Print 1."}"#, to: "task.json")
    try folder.write("Dear diary\n", to: "diary.txt")
  }

  private func contents(_ name: String) throws -> String {
    try String(contentsOf: folder.url.appending(path: name), encoding: .utf8)
  }

  private func type(_ name: String) throws -> FileAttributeType? {
    try FileManager.default.attributesOfItem(atPath: folder.path(name))[.type] as? FileAttributeType
  }

  @Test("Requests and tasks are not replaced by their results, by whatever name")
  func inputs() async throws {
    let manager = FileManager.default
    for (input, arguments) in [
      ("r.jsonl", ["--batch", "r.jsonl"]), ("task.json", ["code", "task.json", "--model", QuantizeTests.model]),
    ] {
      let before = try contents(input)
      try manager.createSymbolicLink(
        atPath: folder.path("link-\(input)"), withDestinationPath: input)
      try manager.linkItem(
        atPath: folder.path(input), toPath: folder.path("hard-\(input)"))
      for output in [input, "link-\(input)", "hard-\(input)"] {
        let run = try await Program.run(arguments + ["--output", output], folder: folder.url)
        #expect(run.status == 2 && run.errors.contains("reads it"), "\(run.errors)")
        #expect(try contents(input) == before)
      }
    }
  }

  @Test("- is standard output, which cannot be resumed")
  func standardOutput() async throws {
    let run = try await Program.run(["--batch", "r.jsonl", "--output", "-"], folder: folder.url)
    #expect(run.status == 0 && run.records.count == 2, "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("-")))
    let resumed = try await Program.run(["--batch", "r.jsonl", "--output", "-", "--resume"], folder: folder.url)
    #expect(resumed.status == 64 && resumed.errors.contains("--resume needs --output FILE"), "\(resumed.errors)")
  }

  @Test("A file without results is refused with its line, with --resume and without, and stays")
  func diary() async throws {
    for arguments in [
      ["--batch", "r.jsonl", "--output", "diary.txt"], ["--batch", "r.jsonl", "--output", "diary.txt", "--resume"],
      ["code", "task.json", "--output", "diary.txt", "--resume", "--model", QuantizeTests.model],
      ["eval", "--questions", "1", "--output", "diary.txt"],
    ] {
      let run = try await Program.run(arguments, folder: folder.url)
      #expect(run.status == 2 && run.errors.contains("diary.txt"), "\(run.errors)")
      #expect(arguments[0] == "eval" || run.errors.contains("line 1"), "\(run.errors)")
      #expect(try contents("diary.txt") == "Dear diary\n")
    }
  }

  @Test("A file of one line that was cut off is not taken for results, with --resume and without, and stays")
  func cutNotes() async throws {
    for (name, text) in [("notes.txt", "{\"remember\": the milk"), ("zeros.bin", "\0\0\0\0")] {
      try folder.write(text, to: name)
      for command in [
        ["--batch", "r.jsonl"], ["code", "task.json", "--model", QuantizeTests.model], ["eval", "--questions", "1"],
      ] {
        for resume in [[], ["--resume"]] {
          let run = try await Program.run(command + ["--output", name] + resume, folder: folder.url)
          #expect(
            run.status == 2 && run.errors.contains(name) && run.errors.contains("remove the file"), "\(run.errors)")
          #expect(try contents(name) == text)
        }
      }
    }
  }

  @Test("Reports replace files of their own kind alone, and say so before the work begins")
  func reports() async throws {
    for arguments in [
      ["eval", "--json", "diary.txt"], ["eval", "--plot", "diary.txt"], ["bench", "--json", "diary.txt"],
      ["profile", "--output", "diary.txt"], ["eval", "--json", "r.jsonl"], ["eval", "--output", "x", "--json", "x"],
    ] {
      let run = try await Program.run(arguments, folder: folder.url)
      #expect(run.status == (arguments.count > 3 ? 64 : 2), "\(run.errors)")
      #expect(run.errors.contains("same file") || run.errors.contains("would be lost"), "\(run.errors)")
    }
    #expect(try contents("diary.txt") == "Dear diary\n")
    #expect(try contents("r.jsonl") == requests)
  }

  @Test("Results go through a pipe, a device and a link, and none of them becomes a file")
  func specialFiles() async throws {
    let run = try await Program.shell(
      """
      mkfifo pipe log && ln -s target link
      cat pipe > piped & cat log > logged &
      "$0" --batch r.jsonl --output pipe --log-file log && "$0" --batch r.jsonl --output link &&
      "$0" --batch r.jsonl --output /dev/null --log-file /dev/null && "$0" --batch r.jsonl --output /dev/stdout
      """, folder: folder.url)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.records.map { $0["id"] as? String } == ["a", "b"])
    #expect(try contents("piped").split(separator: "\n").count == 2)
    #expect(try contents("target").split(separator: "\n").count == 2)
    #expect(try type("pipe") != .typeRegular && type("log") != .typeRegular)
    #expect(try type("link") == .typeSymbolicLink)
    let null = try FileManager.default.attributesOfItem(atPath: "/dev/null")[.type] as? FileAttributeType
    #expect(null == .typeCharacterSpecial)
  }

  @Test("A log is appended to, and says what a run was, what it did and how it ended")
  func log() async throws {
    let input = requests + #"{"id":"c","video":"rtsp://me:secret@127.0.0.1:1/","ask":"hi"}"# + "\n7\n"
    let former = "2026-01-02T03:04:05Z info edgeassist[7]: end, status 0\n"
    try former.write(to: folder.url.appending(path: "log"), atomically: true, encoding: .utf8)
    let run = try await Program.run(
      ["--batch", "-", "--log-file", "log", "--top-k", "3"], input: input,
      environment: ["EDGEASSIST_SEED": "8"], folder: folder.url)
    #expect(run.status == 1 && run.errors.isEmpty)
    let log = try contents("log")
    #expect(log.hasPrefix(former))
    let lines = log.split(separator: "\n").dropFirst()
    for line in lines {
      #expect(line.wholeMatch(of: /\d{4}-\d\d-\d\dT[\d:]+Z (info|error) edgeassist\[\d+\]: .+/) != nil, "\(line)")
    }
    let words = [
      "begins: --seed=8 --batch - --log-file log --top-k 3", "model edgeassist-tiny", "request a: 1 question",
      "request a, turn 0: ", "request b: 1 question", "request b, turn 0: ",
      "request c: 1 question about rtsp://me:***@",
      "error edgeassist", "line 4: ", "requests done: 4, failed: 2", "end, status 1",
    ]
    var rest = log[...]
    for word in words {
      let found = try #require(rest.firstRange(of: word), "\(word) in \(log)")
      rest = rest[found.upperBound...]
    }
    #expect(!log.contains("secret"))
  }

  @Test("A log is no other file of the run, and no file of another kind")
  func logOverOtherFile() async throws {
    let log = "2026-01-02T03:04:05Z info edgeassist[7]: end, status 0\n"
    try log.write(to: folder.url.appending(path: "old"), atomically: true, encoding: .utf8)
    let reads = ["--batch", "--video", "--model", "--mmproj"]
    for arguments in reads.map({ [$0, "old"] }) + [["--batch", "r.jsonl", "--output", "old"]] {
      let run = try await Program.run(arguments + ["--log-file", "./old"], folder: folder.url)
      #expect(run.status == 2, "\(run.errors)")
      let named = arguments.suffix(2).joined(separator: " ")
      #expect(run.errors.contains("./old cannot be written: \(named) is the same file"), "\(run.errors)")
      #expect(try contents("old") == log)
    }
    for name in ["r.jsonl", "diary.txt"] {
      let former = try contents(name)
      let run = try await Program.run(["--batch", "-", "--log-file", name], input: "", folder: folder.url)
      #expect(run.status == 2 && run.errors.contains("\(name) cannot be written: it is not a log"), "\(run.errors)")
      #expect(try contents(name) == former)
    }
    let run = try await Program.run(
      ["--batch", "r.jsonl", "--output", "new", "--log-file", "new"], folder: folder.url)
    #expect(run.status == 2 && run.errors.contains("--output new is the same file"), "\(run.errors)")
    #expect((try? contents("new")) == nil)
  }

  @Test("A log says why a run could not start")
  func logOfFailure() async throws {
    let run = try await Program.run(["--model", "/nonexistent/m.gguf", "--log-file", "log"], folder: folder.url)
    #expect(run.status == 2)
    let log = try contents("log")
    #expect(
      log.contains("model_unreadable: ") && log.contains("/nonexistent/m.gguf") && log.contains("end, status 2"),
      "\(log)")
  }

  @Test("Two batches do not write one file at the same time")
  func twoRuns() async throws {
    let run = try await Program.shell(
      """
      mkfifo first
      "$0" --batch first --output out.jsonl & pid=$!
      exec 3> first
      cat r.jsonl >&3
      while ! grep -q '"b"' out.jsonl 2> /dev/null; do sleep 0.1; done
      "$0" --batch r.jsonl --output out.jsonl; echo "second $?"
      "$0" --batch r.jsonl --output out.jsonl --resume; echo "third $?"
      exec 3>&-
      wait $pid; echo "first $?"
      """, folder: folder.url)
    #expect(run.output == "second 2\nthird 2\nfirst 0\n", "\(run.errors)")
    #expect(run.errors.contains("already"))
    #expect(try contents("out.jsonl").split(separator: "\n").count == 2)
  }

  @Test("A result that was cut within a letter is made again, and nothing else")
  func cutLetter() async throws {
    let arguments = ["--batch", "r.jsonl", "--output", "out.jsonl"]
    #expect(try await Program.run(arguments, folder: folder.url).status == 0)
    let lines = try contents("out.jsonl").split(separator: "\n")
    let cut = Array("{\"id\":\"b\",\"turn\":0,\"status\":\"ok\",\"answer\":\"é".utf8.dropLast())
    try (Data((lines[0] + "\n").utf8) + cut).write(to: folder.url.appending(path: "out.jsonl"))
    let run = try await Program.run(arguments + ["--resume"], folder: folder.url)
    #expect(run.status == 0, "\(run.errors)")
    let resumed = try contents("out.jsonl").split(separator: "\n")
    #expect(resumed.count == 2 && resumed[0] == lines[0] && resumed[1].hasPrefix("{\"id\":\"b\""))
  }

  @Test("A second request with an id is refused, also when the run is resumed")
  func sameIdentifier() async throws {
    let first = requests.split(separator: "\n")[0]
    try folder.write("\(requests)\(first)\n", to: "twice.jsonl")
    let arguments = ["--batch", "twice.jsonl", "--output", "out.jsonl"]
    for arguments in [arguments, arguments + ["--resume"]] {
      let run = try await Program.run(arguments, folder: folder.url)
      #expect(run.status == 1, "\(run.errors)")
      let lines = try contents("out.jsonl").split(separator: "\n")
      #expect(lines.count == 3 && lines[2].contains("line 3: an earlier request has this"), "\(lines)")
    }
  }
}
