// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile
import TestSupport
import Testing

struct BatchTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ files: [String: String]) throws {
    for (name, text) in files { try folder.write(text, to: name) }
  }

  private func string(_ record: [String: Any], _ path: String...) -> String? {
    var value: Any? = record
    for key in path { value = (value as? [String: Any])?[key] }
    return value as? String
  }

  @Test("The sample clip is answered from a file of requests, with every field of the contract")
  func sample() async throws {
    let input = """
      {"id":"s","video":"\(Program.sample)","turns":[{"at":4,"ask":"What is in view now?"},{"ask":"What came first?"}]}
      """
    let run = try await Program.run(["--batch", "-"], input: input + "\n")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.isEmpty, "no progress is drawn without a terminal")
    let records = run.records
    try #require(records.count == 2)
    #expect(records.map { $0["turn"] as? Int } == [0, 1])
    let frames = try #require(records[0]["frames"] as? [String: Int])
    #expect(frames == ["seen": 8, "dropped": 0], "2 frames per second, before second 4")
    let memory = try #require(records[1]["kv"] as? [String: Any])
    #expect(memory["policy"] as? String == "infinipot-v")
    #expect(try #require(memory["peak"] as? Int) <= 4096)
    for key in ["at", "answer", "stop", "tokens", "seconds"] { #expect(records[1][key] != nil, "\(key)") }
  }

  @Test("Three shards, one of them killed and resumed, merge to what one run gives")
  func shards() async throws {
    let requests = (0..<24).map { #"{"id":"r\#($0)","ask":"What is \#($0)?"}"# }
    let path = try folder.write((requests + ["nonsense", requests[3]]).joined(separator: "\n") + "\n", to: "r.jsonl")
    let whole = try await Program.run(["--batch", path])
    let parts = (1...3).map { folder.url.appending(path: "part-\($0).jsonl").path }
    for number in 1...3 {
      let run = try await Program.run(["--batch", path, "--shard", "\(number)/3", "--output", parts[number - 1]])
      #expect(run.status == 0 || run.status == 1, "\(run.errors)")
    }
    // What a kill in the middle of a line leaves.
    let second = try String(contentsOfFile: parts[1], encoding: .utf8)
    try second.prefix(second.count / 2).write(toFile: parts[1], atomically: true, encoding: .utf8)
    let incomplete = try await Program.run(["merge", "--requests", path] + parts)
    #expect(incomplete.status == 1 && incomplete.errors.contains("no result of: "))
    _ = try await Program.run(["--batch", path, "--shard", "2/3", "--output", parts[1], "--resume"])
    let merged = try await Program.run(["merge", "--requests", path] + parts.reversed())
    #expect(merged.errors.contains("26 requests, 26 results, 2 of them errors"), "\(merged.errors)")
    #expect(merged.records.count == 26)
    for (mine, one) in zip(merged.records, whole.records) {
      for key in ["id", "status", "answer"] { #expect(mine[key] as? String == one[key] as? String) }
      #expect(mine["line"] as? Int == one["line"] as? Int)
    }
  }

  @Test(
    "A shard that is none is refused, and so is slurm without a job array", arguments: ["0/4", "5/4", "x", "slurm"])
  func badShard(shard: String) async throws {
    let run = try await Program.run(["--batch", "-", "--shard", shard], input: "")
    #expect(run.status == 64 && run.errors.contains("--shard"))
  }

  @Test("A model whose weights are not numbers fails each request with the layer's name, and the batch goes on")
  func damagedModel() async throws {
    let url = folder.url.appending(path: "damaged.gguf")
    var bytes = try Data(contentsOf: Program.checkout.appending(path: "Models/edgeassist-tiny-Q8_0.gguf"))
    let offset = try GGUFFile(path: Program.checkout.appending(path: "Models/edgeassist-tiny-Q8_0.gguf").path)
      .requiredTensor("blk.1.ffn_down.weight").byteOffset
    bytes.replaceSubrange(offset..<offset + 2, with: [0, 0x7E])
    try bytes.write(to: url)
    let input = #"{"id":"a","ask":"hello"}"# + "\n" + #"{"id":"b","ask":"hello"}"# + "\n"
    let run = try await Program.run(["--batch", "-", "--model", url.path], input: input)
    #expect(run.status == 1 && run.records.count == 2)
    for record in run.records {
      #expect(string(record, "error", "code") == "computation_failed")
      #expect(string(record, "error", "message")?.contains("layer blk.1 gives values that are not numbers") == true)
    }
  }

  private static let media = Checkout.root.appending(path: "Tests")
    .appending(path: "VideoTests/Media")

  @Test("Image files are shown before the question, or before a video, in the size of its frames")
  func images() async throws {
    let (still, clear) = (
      Self.media.appending(path: "still.jpg").path, Self.media.appending(path: "transparent.png").path
    )
    let input = """
      {"id":"one","image":"\(still)","ask":"What is in view?"}
      {"id":"two","image":["\(still)","\(clear)"],"ask":"What is in view?"}
      {"id":"both","image":"\(still)","video":"\(Program.sample)","ask":"What came first?"}
      """
    let run = try await Program.run(["--batch", "-"], input: input + "\n")
    #expect(run.status == 0, "\(run.errors)")
    let frames = run.records.map { ($0["frames"] as? [String: Int])?["seen"] }
    try #require(frames.count == 3)
    #expect(frames.prefix(2) == [1, 2])
    let alone = #"{"id":"v","video":"\#(Program.sample)","ask":"What came first?"}"# + "\n"
    let video = try await Program.run(["--batch", "-"], input: alone).records.first?["frames"] as? [String: Int]
    #expect(frames[2] == video?["seen"].map { $0 + 1 })
    for record in run.records { #expect(string(record, "answer")?.isEmpty == false) }
  }

  @Test(
    "An image that cannot be read is told by its name, and the next request is answered",
    arguments: [
      ("missing.jpg", "No such file"), ("/dev/zero", "it is not a file"),
      ("requests.jsonl", "does not begin as an image"),
      ("http://127.0.0.1:9/a.jpg", "must be a file"),
    ])
  func unreadableImages(path: String, reason: String) async throws {
    try write([
      "requests.jsonl": #"{"id":"a","image":"\#(path)","ask":"x"}"# + "\n{\"id\":\"b\",\"ask\":\"y\"}\n"
    ])
    let run = try await Program.run(["--batch", folder.path("requests.jsonl")])
    #expect(string(run.records[0], "error", "message")?.contains(reason) == true, "\(run.records[0])")
    #expect(string(run.records[1], "answer") != nil)
  }

  @Test("A playlist that is given for an image opens nothing, and several images have the size of the largest")
  func playlistsAndSizes() async throws {
    try write(["list.jpg": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/x.ts\n"])
    let (small, large) = (
      Self.media.appending(path: "transparent.png").path, Self.media.appending(path: "still.jpg").path
    )
    let input = """
      {"id":"a","image":"\(folder.path("list.jpg"))","ask":"x"}
      {"id":"b","image":["\(small)","\(large)"],"ask":"x"}
      {"id":"c","image":["\(large)","\(small)"],"ask":"x"}
      """
    let run = try await Program.run(["--batch", "-"], input: input + "\n")
    #expect(string(run.records[0], "error", "message")?.contains("does not begin as an image") == true)
    let tokens = run.records.dropFirst().map { ($0["tokens"] as? [String: Int])?["vision"] }
    #expect(tokens[0] == tokens[1] && tokens[0] != nil)
  }

  @Test("The same batch twice gives the same answers")
  func deterministic() async throws {
    let input = #"{"id":"s","video":"\#(Program.sample)","ask":"Describe what happened.","kv_budget":160}"# + "\n"
    var answers: [[String?]] = []
    for _ in 0..<2 {
      answers.append(try await Program.run(["--batch", "-"], input: input).records.map { string($0, "answer") })
    }
    #expect(answers[0] == answers[1])
    #expect(answers[0].count == 1)
  }

  @Test("A budget holds at every moment, and a request may set its own")
  func budget() async throws {
    let input = #"{"id":"s","video":"\#(Program.sample)","ask":"What came last?","kv_budget":128,"fps":4}"# + "\n"
    let record = try #require(try await Program.run(["--batch", "-"], input: input).records.first)
    let memory = try #require(record["kv"] as? [String: Any])
    #expect(memory["budget"] as? Int == 128)
    #expect(try #require(memory["peak"] as? Int) <= 128)
    #expect(try #require(memory["compressions"] as? Int) > 0)
  }

  @Test(
    "A budget that no machine has memory for is refused, and the next request is answered",
    arguments: [2_147_483_648, 68_719_476_736, 1 << 62])
  func hugeBudget(tokens: Int) async throws {
    let input = """
      {"id":"huge","ask":"hello","kv_budget":\(tokens)}
      {"id":"next","ask":"hello"}

      """
    let run = try await Program.run(["--batch", "-"], input: input)
    #expect(run.records.map { string($0, "error", "code") } == ["insufficient_memory", nil])
    #expect(string(try #require(run.records.first), "error", "message")?.contains("--kv-budget") == true)
  }

  @Test("Ctrl-C ends the run at once while a source is being opened")
  func interruptedOpening() async throws {
    let marker = folder.path("asked")
    // A camera that says nothing.
    let server = try LoopbackMediaServer { _ in
      _ = FileManager.default.createFile(atPath: marker, contents: nil)
      return .stalledStream([])
    }
    defer { server.stop() }
    try folder.write(#"{"id":"a","video":"\#(server.address("live.ts"))","ask":"hello"}"# + "\n", to: "r.jsonl")
    let run = try await Program.shell(
      """
      "$0" --batch r.jsonl --signal-timeout 24h & pid=$!
      has_ended() { grep -q "^State:.Z" /proc/$pid/status; }
      until [ -e asked ] || has_ended; do sleep 0.1; done
      kill -INT $pid
      count=0
      until has_ended || [ $count -ge 600 ]; do sleep 0.1; count=$((count + 1)); done
      kill -KILL $pid
      wait $pid; echo $?
      """, folder: folder.url)
    #expect(run.output.split(separator: "\n").last == "130", "\(run.output) \(run.errors)")
  }

  @Test("libsrt, which FFmpeg may bring along, writes nothing to standard error")
  func libraryLog() async throws {
    // libsrt logs an error about the size of its packets.
    let request = #"{"id":"a","video":"srt://127.0.0.1:9?payload_size=100000","ask":"hello"}"#
    let run = try await Program.run(["--batch", "-"], input: request)
    #expect(run.status == 1 && run.records.count == 1)
    #expect(!run.errors.contains("SRT"), "\(run.errors)")
  }

  @Test("Independent turns get the answers that each gets in a request of its own, at its time and in order")
  func independentTurns() async throws {
    let questions = ["What is in view now?", "What came first?", "How many things came?", "What came last?"]
    let times = [4.0, 4.0, 4.0, 9.0]
    let turns = zip(times, questions).map { #"{"at":\#($0),"ask":"\#($1)"}"# }
    let list = turns.joined(separator: ",")
    let together = #"{"id":"t","video":"\#(Program.sample)","independent":true,"turns":[\#(list)]}"#
    let alone = zip(times, questions).enumerated().map { index, turn in
      #"{"id":"\#(index)","video":"\#(Program.sample)","at":\#(turn.0),"ask":"\#(turn.1)"}"#
    }
    let run = try await Program.run(["--batch", "-"], input: together + "\n")
    let expected = try await Program.run(["--batch", "-"], input: alone.joined(separator: "\n") + "\n")
    #expect(run.status == 0 && expected.status == 0, "\(run.errors)")
    #expect(run.records.map { $0["turn"] as? Int } == [0, 1, 2, 3])
    #expect(run.records.map { $0["at"] as? Double } == times)
    for (record, alone) in zip(run.records, expected.records) {
      #expect(string(record, "answer") == string(alone, "answer"))
      #expect(record["tokens"] as? [String: Int] == alone["tokens"] as? [String: Int])
    }
  }

  @Test("A question that is too long costs itself alone, whether or not turns build on each other")
  func longQuestion() async throws {
    let long = String(repeating: "what is there ", count: 1000)
    let questions = ["What came first?", long, "What came last?"]
    func request(_ id: String, _ questions: [String], _ members: String = "") -> String {
      let turns = questions.map { #"{"ask":"\#($0)"}"# }.joined(separator: ",")
      return #"{"id":"\#(id)","video":"\#(Program.sample)","kv_budget":512,\#(members)"turns":[\#(turns)]}"# + "\n"
    }
    let independent = #""independent":true,"#
    let input = [
      request("chat", questions), request("chat alone", [questions[0], questions[2]]),
      request("each", questions, independent), request("each alone", [questions[0], questions[2]], independent),
      request("none", [long, long]),
    ]
    let run = try await Program.run(["--batch", "-"], input: input.joined())
    #expect(run.status == 1, "\(run.errors)")
    func results(_ id: String) -> [[String: Any]] { run.records.filter { string($0, "id") == id } }
    func answers(_ results: [[String: Any]]) -> [String?] { results.map { string($0, "answer") } }
    func alone(_ id: String) -> [[String: Any]] { results(id + " alone") }
    for id in ["chat", "each"] {
      let results = results(id)
      try #require(results.map { $0["turn"] as? Int } == [0, 1, 2])
      #expect(string(results[1], "error", "code") == "budget_too_small")
      #expect(string(results[1], "error", "message")?.hasPrefix("the question is too long") == true)
      let found = answers([results[0], results[2]])
      #expect(!found.contains(nil) && found == answers(alone(id)))
    }
    #expect(results("none").map { string($0, "error", "code") } == ["budget_too_small", "budget_too_small"])
  }

  @Test("Bad lines cost only themselves, blank ones nothing, and the status tells")
  func badLines() async throws {
    try write([
      "empty.mp4": "", "text.mp4": "no video at all",
      "r.jsonl": """
      not json

      {"id":"none","video":"missing.mp4","ask":"What?"}
      {"id":"empty","video":"empty.mp4","ask":"What?"}
      {"id":"text","video":"text.mp4","turns":[{"ask":"What?"},{"ask":"And?"}]}
      {"id":"policy","ask":"hello","kv_policy":"best"}
      {"id":"small","ask":"hello","kv_budget":3}
      {"id":"code","code":{"task":" "}}
      {"id":"good","ask":"hello"}
      """,
    ])
    let run = try await Program.run(["--batch", folder.path("r.jsonl")])
    #expect(run.status == 1)
    let codes = run.records.map { string($0, "error", "code") ?? "ok" }
    #expect(
      codes == [
        "request_malformed", "video_unreadable", "video_unreadable", "video_unreadable", "video_unreadable",
        "request_malformed", "budget_too_small", "request_malformed", "ok",
      ])
    #expect(run.records[0]["line"] as? Int == 1)
    #expect(string(run.records[1], "error", "message")?.contains("missing.mp4") == true)
  }

  @Test("A resumed run makes only what is missing, and leaves one result a turn")
  func resume() async throws {
    let request = { (id: String) in #"{"id":"\#(id)","turns":[{"ask":"hello"},{"ask":"thanks"}]}"# + "\n" }
    try write(["r.jsonl": request("a") + request("b")])
    let output = folder.url.appending(path: "out.jsonl")
    let arguments = ["--batch", folder.path("r.jsonl"), "--output", output.path]
    #expect(try await Program.run(arguments).status == 0)
    let whole = try String(contentsOf: output, encoding: .utf8).split(separator: "\n")
    try #require(whole.count == 4)
    // The output of a run that was cut off in the third of its four lines.
    try Data((whole[0] + "\n" + whole[1] + "\n" + whole[2] + "\n" + whole[3].prefix(20)).utf8).write(to: output)
    #expect(try await Program.run(arguments + ["--resume"]).status == 0)
    let resumed = try String(contentsOf: output, encoding: .utf8).split(separator: "\n")
    #expect(resumed.count == 4)
    #expect(resumed.prefix(3) == whole.prefix(3))
  }

  @Test("What cannot start ends with status 2 and one line that says why")
  func cannotStart() async throws {
    try write(["bad.gguf": "GGUFnonsense", "r.jsonl": #"{"id":"a","ask":"hello"}"#])
    let requests = folder.path("r.jsonl")
    for arguments in [
      ["--batch", "/nonexistent/r.jsonl"], ["--batch", requests, "--model", "/nonexistent/m.gguf"],
      ["--batch", requests, "--model", folder.path("bad.gguf")],
      ["--batch", requests, "--output", "/nonexistent/out.jsonl"],
      ["--batch", requests, "--output", folder.url.path],
    ] {
      let run = try await Program.run(arguments)
      #expect(run.status == 2, "\(arguments)")
      #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
      #expect(run.errors.hasPrefix("edgeassist: "))
      #expect(run.output.isEmpty)
    }
  }

  @Test(
    "Numbers that do not fit are refused by their key",
    arguments: [
      ("\"kv_budget\":1.5", "“kv_budget” is not a whole number"), ("\"seed\":-1", "“seed” has a value out of range"),
      ("\"max_tokens\":1e40", "“max_tokens” has a value out of range"), ("\"fps\":1e999", "out of range"),
    ])
  func numbers(member: String, words: String) async throws {
    let run = try await Program.run(["--batch", "-"], input: "{\"id\":\"n\",\"ask\":\"hello\",\(member)}\nnull\n")
    let messages = run.records.map { ($0["error"] as? [String: String])?["message"] ?? "" }
    #expect(messages.count == 2 && messages[0].contains(words), "\(messages)")
    #expect(messages.last?.contains("not a JSON object") == true)
  }

  @Test("A camera that falls silent is said in the answer, and the batch goes on")
  func lostSignal() async throws {
    let clip = Array(try Data(contentsOf: URL(filePath: Checkout.path("Tests/VideoTests/Media/starts-at-100s.ts"))))
    let server = try LoopbackMediaServer { number in number == 0 ? .stalledStream(clip) : .hangUp }
    defer { server.stop() }
    let requests = [
      #"{"id":"camera","video":"\#(server.address("live.ts"))","ask":"What is in view?","max_tokens":4}"#,
      #"{"id":"after","ask":"Hello","max_tokens":4}"#,
    ]
    let run = try await Program.run(
      ["--batch", "-", "--reconnect", "1s", "--signal-timeout", "2s"], input: requests.joined(separator: "\n") + "\n")
    let records = run.records
    #expect(records.map { $0["id"] as? String } == ["camera", "after"], "\(run.output) \(run.errors)")
    #expect((records.first?["warning"] as? String)?.contains("no signal") == true, "\(run.output)")
    #expect(records.last?["status"] as? String == "ok" && records.last?["warning"] == nil)
  }
}
