// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import CodeTasks
import Dialogue
import Foundation
import Records
import TestSupport
import Testing
import Video

/// Damaged at random, a text from outside is read or refused with a message, and never ends or occupies the program.
///
/// `TEXTS` says how many of each kind, `TEXT_SEED` from where on.
@Suite("A damaged text of any kind")
struct DamagedTextTests {
  private static let shards: UInt64 = 2
  private static let environment = ProcessInfo.processInfo.environment
  private static let count = environment["TEXTS"].flatMap { UInt64($0) } ?? 1000
  private static let seed = environment["TEXT_SEED"].flatMap { UInt64($0) } ?? 0
  /// For a machine that is kept busy; a text takes about a tenth of a millisecond.
  private static let mostSeconds = 10.0

  /// Reads many damaged texts.
  ///
  /// - Parameters:
  ///   - kinds: kinds of texts that share the count.
  ///   - turn: which of these this one is.
  ///   - read: returns whether the text was accepted; throws what a user would be told.
  private func damage(
    _ texts: [String], shard: UInt64, of kinds: Int = 1, turn: Int = 0,
    read: (_ text: [UInt8], _ seed: UInt64) throws -> Bool
  ) throws {
    var accepted = 0
    var refused = 0
    var slowest = Duration.zero
    for number in stride(from: shard, to: Self.count, by: Int(Self.shards)) {
      guard Int(number / Self.shards) % kinds == turn else { continue }
      let seed = Self.seed &+ number
      var mutator = JSONMutator(seed: seed)
      let text = mutator.damaged(texts)
      let time = try ContinuousClock().measure {
        if try read(text, seed) { accepted += 1 } else { refused += 1 }
      }
      #expect(time < .seconds(Self.mostSeconds), "the text of seed \(seed) takes \(time)")
      slowest = max(slowest, time)
    }
    print("shard \(shard): \(accepted) texts accepted, \(refused) refused; the slowest took \(slowest)")
    // Otherwise the damage would be too slight or too coarse to say anything.
    let least = Int(Self.count / Self.shards) / kinds / 200
    #expect(accepted > least && refused > least, "\(accepted) accepted, \(refused) refused")
  }

  private static let requests = [
    #"{"id":"gate-1","video":"cam.mp4","ask":"What came first?","at":3.5,"kv_budget":512,"fps":2,"seed":7}"#,
    #"{"id":2,"video":"rtsp://cam/1","turns":[{"at":1,"ask":"Who?"},{"at":2.5,"ask":"And then?"},{"ask":"Now?"}]}"#,
    #"{"id":"c","ask":"Hello","temperature":0.7,"max_tokens":32,"system":"Be short.","kv_policy":"infinipot-v"}"#,
    #"{"id":"code","code":{"task":"Add.","language":"c","examples":[{"input":"1 2","output":"3"}]}}"#,
  ]

  @Test("that is a line of requests", arguments: 0..<shards)
  func requests(shard: UInt64) throws {
    let folder = try TemporaryFolder()
    try damage(Self.requests, shard: shard) { text, seed in
      var lines = try LineReader(path: folder.write(text, to: "requests.jsonl"))
      var isAccepted = false
      while let line = try lines.next() {
        do {
          let request = try BatchRequest(line)
          _ = try request.overrides.applied(to: DialogueOptions())
          isAccepted = true
        } catch let error as BatchRequestError {
          #expect(!error.reason.isEmpty && error.message.utf8.count < 4096, "seed \(seed)")
        } catch let error as ReportedError {
          #expect(!error.message.isEmpty && error.message.utf8.count < 4096, "seed \(seed)")
        }
      }
      return isAccepted
    }
  }

  @Test("that is a head budget profile", arguments: 0..<shards)
  func profiles(shard: UInt64) throws {
    let folder = try TemporaryFolder()
    let shape = CacheShape(layers: 2, keyValueHeads: 2, headDimension: 8)
    let whole = try HeadBudgetProfile(
      model: ModelFingerprint(name: "test", shape: shape, digest: "0123"), ratios: [[1, 9], [8, 2]],
      deviations: [[0, 0], [0, 0]], stability: .init(mean: 1, least: 1), coverage: 1,
      origin: .init(measure: "made up", ratio: 0.25, streams: 1, questions: 1))
    try whole.write(to: folder.path("whole.json"))
    let text = try String(contentsOfFile: folder.path("whole.json"), encoding: .utf8)
    try damage([text], shard: shard) { text, seed in
      do {
        let profile = try HeadBudgetProfile(path: try folder.write(text, to: "damaged.json"))
        // A profile for another shape is refused here and not by the reader.
        guard let budgets = try? HeadBudgets(profile: profile, shape: shape, groupSize: 2) else { return false }
        let tokens = budgets.tokens(forUniform: 64)
        #expect(tokens.allSatisfy { $0 >= 1 && $0 <= 64 * 4 }, "seed \(seed): \(tokens)")
        return true
      } catch let error as HeadBudgetProfileError {
        #expect(!error.description.isEmpty && error.description.utf8.count < 4096, "seed \(seed)")
        return false
      }
    }
  }

  private static let playlists = [
    "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:2,\n7.ts?key=a\n#EXTINF:2,\n8.ts?key=a\n",
    "#EXTM3U\r\n#EXT-X-MEDIA-SEQUENCE:8\r\n8.ts\r\n9.ts\r\n#EXT-X-ENDLIST\r\n",
    "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9\nlow/live.m3u8?a=1\n",
  ]

  @Test("that is a live playlist", arguments: 0..<shards)
  func playlists(shard: UInt64) throws {
    let whole = try #require(HLSPlaylist(Self.playlists[0]))
    try damage(Self.playlists, shard: shard) { text, seed in
      guard let playlist = HLSPlaylist(String(decoding: text, as: UTF8.self)) else { return false }
      #expect(playlist.targetDuration >= 0 && playlist.targetDuration.isFinite, "seed \(seed)")
      for (addition, count) in [
        (playlist.addition(to: whole), playlist.segments.count), (whole.addition(to: playlist), whole.segments.count),
      ] {
        if case .segments(let index) = addition { #expect((0..<count).contains(index), "seed \(seed): \(index)") }
      }
      for reference in playlist.variants + playlist.segments {
        #expect(!HLSPlaylist.resolve(reference, at: "http://host/live.m3u8").isEmpty, "seed \(seed)")
      }
      return true
    }
  }

  /// Texts that each file of a folder is damaged from.
  private static let tasks: [(name: String, texts: [String])] = [
    (
      "task.json",
      [
        #"{"id":7,"task":"Add.","language":"c","examples":[{"input":"1 2","output":"3"}],"tests":[]}"#,
        #"{"description":"Add.","public_tests":{"input":["1"],"output":["1"]},"private_tests":{}}"#,
        #"{"question":"Add.","input_output":"{\"inputs\":[\"1 2\"],\"outputs\":[\"3\"]}","difficulty":"easy"}"#,
      ]
    ),
    ("task.jsonl", ["{\"id\":1,\"task\":\"One.\"}\n{\"id\":2,\"task\":\"Two.\"}\n"]),
    ("task.txt", ["c: Read two integers and print their sum.\nInput:\n1 2\nOutput:\n3\nNote: they are small.\n"]),
    ("apps/input_output.json", [#"{"inputs":["1\n","2\n"],"outputs":["1\n","4\n"]}"#]),
    ("apps/question.txt", ["Square it.\n\nInput\n\n3\n\nOutput\n\n9\n"]),
  ]

  @Test("that is a file of programming tasks in a folder", arguments: 0..<shards)
  func tasks(shard: UInt64) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(at: folder.url.appending(path: "apps"), withIntermediateDirectories: true)
    for file in Self.tasks { try folder.write(file.texts[0], to: file.name) }
    // Each damage is of the file whose turn it is.
    for (place, file) in Self.tasks.enumerated() {
      try damage(file.texts, shard: shard, of: Self.tasks.count, turn: place) { text, seed in
        try folder.write(text, to: file.name)
        let entries = TaskFiles.tellingApart(try TaskFiles.read(folder.url.path))
        for case .failure(let error) in entries {
          #expect(error.path.hasPrefix(folder.url.path) && !error.reason.isEmpty, "seed \(seed)")
          #expect(error.reason.utf8.count < 4096, "seed \(seed)")
        }
        return entries.allSatisfy { if case .success = $0 { true } else { false } }
      }
      try folder.write(file.texts[0], to: file.name)
    }
  }
}
