// SPDX-License-Identifier: Apache-2.0

import Assistant
import Records
import TestSupport
import Testing

@Suite("A request file is divided among machines, and their results are joined")
struct BatchShardTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("Every request and every bad line is in one shard, and shards are about equally large", arguments: [1, 3, 16])
  func partition(count: Int) throws {
    let shards = (1...count).compactMap { BatchShard(number: $0, of: count) }
    try #require(shards.count == count)
    var sizes = Array(repeating: 0, count: count)
    for number in 0..<4800 {
      let owners = shards.filter { $0.contains(id: "camera-\(number)") }
      try #require(owners.count == 1)
      sizes[owners[0].number - 1] += 1
      #expect(shards.filter { $0.contains(line: number + 1) }.count == 1)
    }
    #expect(sizes.allSatisfy { abs($0 - 4800 / count) < 4800 / count / 4 }, "\(sizes)")
  }

  @Test("An id stays in its shard on every machine and in every version")
  func fixed() {
    let numbers = ["a", "b", "gate-1", "größe", ""].map { id in
      (1...7).first { BatchShard(number: $0, of: 7)?.contains(id: id) == true }
    }
    #expect(numbers == Self.known)
  }

  @Test("Ids that Unicode takes for the same are in the same shard, where the second is refused")
  func equivalent() {
    for count in 2...9 {
      let shards = (1...count).compactMap { BatchShard(number: $0, of: count) }
      #expect(shards.allSatisfy { $0.contains(id: "\u{FC}") == $0.contains(id: "u\u{308}") })
    }
  }

  private static let known: [Int?] = [1, 3, 5, 4, 1]

  @Test("There is no shard 0, none beyond the last, and none of none")
  func refused() {
    for (number, count) in [(0, 4), (5, 4), (1, 0), (-1, 4), (1, 100_001)] {
      #expect(BatchShard(number: number, of: count) == nil)
    }
  }

  @Test("A task of a Slurm job array is its shard, wherever the array begins and however wide its steps are")
  func slurm() {
    func shard(_ id: String, _ first: String, _ count: String, step: String? = nil) -> BatchShard? {
      var environment = [
        "SLURM_ARRAY_TASK_ID": id, "SLURM_ARRAY_TASK_MIN": first, "SLURM_ARRAY_TASK_COUNT": count,
      ]
      if let step { environment["SLURM_ARRAY_TASK_STEP"] = step }
      return BatchShard(slurm: environment)
    }
    #expect(shard("0", "0", "8") == BatchShard(number: 1, of: 8))
    #expect(shard("7", "0", "8") == BatchShard(number: 8, of: 8))
    #expect(shard("14", "10", "3", step: "2") == BatchShard(number: 3, of: 3))
    #expect(shard("13", "10", "3", step: "2") == nil)
    #expect(shard("x", "0", "8") == nil && shard("9", "0", "8") == nil && BatchShard(slurm: [:]) == nil)
  }

  // MARK: Merging

  private func ok(_ id: String, _ turn: Int, _ answer: String) -> String {
    #"{"id":"\#(id)","turn":\#(turn),"status":"ok","answer":"\#(answer)"}"#
  }

  private func failed(_ id: String, _ turn: Int) -> String {
    #"{"id":"\#(id)","turn":\#(turn),"status":"error","error":{"code":"video_unreadable","message":"x"}}"#
  }

  private func merge(_ requests: [String], _ shards: [String]) throws -> (ResultMerge.Summary, [String]) {
    let input = try folder.write(requests.joined(separator: "\n") + "\n", to: "requests.jsonl")
    let files = try shards.indices.map { try folder.write(shards[$0], to: "part-\($0).jsonl") }
    let output = folder.url.appending(path: "merged.jsonl")
    let summary = try ResultMerge(requests: input, shards: files).run(output: output.path)
    let lines = try String(contentsOf: output, encoding: .utf8).split(separator: "\n").map(String.init)
    return (summary, lines)
  }

  private static let requests = [
    #"{"id":"a","ask":"?"}"#, "", #"{"id":"b","turns":[{"ask":"?"},{"ask":"!"}]}"#, "nonsense",
    #"{"id":"c","ask":"?"}"#,
  ]
  private static let badLine =
    #"{"line":4,"id":null,"status":"error","error":{"code":"request_malformed","message":"x"}}"#

  @Test("Results come in the order of the requests, whichever file they are in")
  func order() throws {
    let (summary, lines) = try merge(
      Self.requests,
      [
        [ok("c", 0, "3"), ok("b", 1, "2")].joined(separator: "\n") + "\n",
        [Self.badLine, ok("b", 0, "1"), ok("a", 0, "0")].joined(separator: "\n") + "\n",
      ])
    #expect(lines == [ok("a", 0, "0"), ok("b", 0, "1"), ok("b", 1, "2"), Self.badLine, ok("c", 0, "3")])
    #expect(summary.requests == 4 && summary.results == 5 && summary.errors == 1 && summary.missing.isEmpty)
  }

  @Test("What has no result is named, and a line that was cut off is no result")
  func missing() throws {
    let (summary, lines) = try merge(
      Self.requests, [ok("a", 0, "0") + "\n" + ok("b", 0, "1") + "\n" + ok("b", 1, "2").dropLast(9)])
    #expect(lines.count == 2)
    #expect(summary.missing == ["b (turn 1)", "line 4", "c"])
  }

  @Test("An answer is taken before an error, the first of two answers, and no result of a stranger")
  func choice() throws {
    let (summary, lines) = try merge(
      [#"{"id":"a","ask":"?"}"#, #"{"id":"b","ask":"?"}"#],
      [
        failed("a", 0) + "\n" + ok("b", 0, "first") + "\n",
        ok("a", 0, "late") + "\n" + ok("b", 0, "second") + "\n" + ok("z", 0, "?") + "\n",
      ])
    #expect(lines == [ok("a", 0, "late"), ok("b", 0, "first")])
    #expect(summary.strangers == 1 && summary.errors == 0)
  }

  @Test("The second request of an id has the error of its line")
  func repeated() throws {
    let refusal = Self.badLine.replacing("\"line\":4", with: "\"line\":2")
    let (summary, lines) = try merge(
      [#"{"id":"a","ask":"?"}"#, #"{"id":"a","ask":"?"}"#], [ok("a", 0, "0") + "\n" + refusal + "\n"])
    #expect(lines == [ok("a", 0, "0"), refusal] && summary.missing.isEmpty)
  }

  @Test("The error of a line that has been mended since is no result of what stands there now")
  func mended() throws {
    let refusal = #"{"line":1,"id":"a","status":"error","error":{"code":"request_malformed","message":"x"}}"#
    let (summary, lines) = try merge([#"{"id":"a","ask":"?"}"#], [refusal + "\n" + ok("a", 0, "0") + "\n"])
    #expect(lines == [ok("a", 0, "0")] && summary.missing.isEmpty)
    let (other, none) = try merge([#"{"id":"b","ask":"?"}"#], [refusal + "\n"])
    #expect(none.isEmpty && other.missing == ["b"])
  }

  @Test("A file that holds no results is named with its line, and nothing is written over the parts")
  func foreign() throws {
    let error = #expect(throws: ReportedError.self) {
      try merge(Self.requests, [ok("a", 0, "0") + "\n{\"some\":\"thing\"}\n"])
    }
    #expect(error?.message.contains("part-0.jsonl") == true && error?.message.contains("line 2") == true)
    let part = try folder.write(ok("a", 0, "0") + "\n", to: "part.jsonl")
    let input = try folder.write(#"{"id":"a","ask":"?"}"# + "\n", to: "one.jsonl")
    #expect(throws: ReportedError.self) { try ResultMerge(requests: input, shards: [part]).run(output: part) }
    #expect(try String(contentsOfFile: part, encoding: .utf8) == ok("a", 0, "0") + "\n")
  }
}
