// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import TestSupport
import Testing
import Video

@Suite("A live playlist")
struct PlaylistTests {
  /// A playlist of segments of a second.
  private static func text(first: Int, _ segments: [String], end: String = "") -> String {
    "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:\(first)\n"
      + segments.map { "#EXTINF:1.0,\n\($0)\n" }.joined() + end
  }

  private func playlist(first: Int, _ segments: String...) throws -> HLSPlaylist {
    try #require(HLSPlaylist(Self.text(first: first, segments)))
  }

  @Test("that has not grown holds nothing new, whatever its segments' queries say")
  func nothing() throws {
    let former = try playlist(first: 7, "7.ts?key=a", "8.ts?key=a")
    #expect(try playlist(first: 7, "7.ts?key=b", "8.ts?key=b").addition(to: former) == .nothing)
    #expect(try playlist(first: 8, "8.ts?key=b").addition(to: former) == .nothing)
    #expect(try playlist(first: 7).addition(to: former) == .nothing)
  }

  @Test("that has grown is read from the first segment that was not there")
  func segments() throws {
    let former = try playlist(first: 7, "7.ts", "8.ts")
    #expect(try playlist(first: 7, "7.ts", "8.ts", "9.ts").addition(to: former) == .segments(from: 2))
    #expect(try playlist(first: 8, "8.ts", "9.ts", "10.ts").addition(to: former) == .segments(from: 1))
    #expect(try playlist(first: 9, "9.ts").addition(to: former) == .segments(from: 0))
  }

  @Test("of a sender that started again, or was away for long, is all new")
  func everything() throws {
    let former = try playlist(first: 7, "7.ts", "8.ts")
    #expect(try playlist(first: 0, "0.ts").addition(to: former) == .everything)
    #expect(try playlist(first: 7, "a.ts", "b.ts").addition(to: former) == .everything)
    #expect(try playlist(first: 12, "12.ts").addition(to: former) == .everything)
    #expect(try playlist(first: .min, "0.ts").addition(to: former) == .everything)
  }

  @Test("says how long its segments are, whether it is closed, and which variants there are")
  func reads() throws {
    #expect(try playlist(first: 7, "7.ts").targetDuration == 1)
    #expect(HLSPlaylist("<html>") == nil)
    #expect(try #require(HLSPlaylist(Self.text(first: 0, ["0.ts"], end: "#EXT-X-ENDLIST\n"))).isClosed)
    let main = try #require(HLSPlaylist("#EXTM3U\r\n#EXT-X-STREAM-INF:BANDWIDTH=9\r\nlow/live.m3u8?a=1\r\n"))
    #expect(main.variants == ["low/live.m3u8?a=1"] && main.segments == [])
  }

  @Test("says how long each segment lasts, as far as that can be believed")
  func durations() throws {
    #expect(try playlist(first: 7, "7.ts", "8.ts").durations == [1, 1])
    let text = """
      #EXTM3U
      #EXT-X-TARGETDURATION:4
      #EXTINF:3.5,a name
      0.ts
      #EXTINF:1e99,
      1.ts
      #EXTINF:-1
      2.ts
      3.ts
      #EXTINF:2
      4.ts
      """
    #expect(try #require(HLSPlaylist(text)).durations == [3.5, 4, 4, 4, 2])
  }

  @Test(
    "names other files by their place",
    arguments: [
      ("b.m3u8", "http://host/x/b.m3u8"), ("/b.m3u8", "http://host/b.m3u8"), ("//other/b", "http://other/b"),
      ("https://other/b", "https://other/b"),
    ])
  func resolves(_ reference: String, _ address: String) {
    #expect(HLSPlaylist.resolve(reference, at: "http://host/x/a.m3u8?from=/y/") == address)
  }

  @Test("whose sender stands still has no signal, and goes on with what was not seen", .timeLimit(.minutes(2)))
  func standsStill() async throws {
    let contents = try bytes(of: "starts-at-100s.ts")
    let log = Mutex((isGrown: false, requests: [String]()))
    let server = try LoopbackMediaServer { _, path in
      log.withLock { log in
        log.requests.append(path)
        if path.hasSuffix(".ts") { return .wholeFile(shifted(contents, by: path == "/old.ts" ? 0 : 1)) }
        return .wholeFile(Array(Self.text(first: 0, ["old.ts"] + (log.isGrown ? ["new.ts"] : [])).utf8))
      }
    }
    defer { server.stop() }
    func count(_ path: String) -> Int { log.withLock { log in log.requests.count { $0 == path } } }
    var options = options(5)
    options.timeout = 2
    options.reconnection = .init(firstDelay: 0.01, longestDelay: 0.01)
    let stream = try await VideoStream.open(VideoSource(server.address("live.m3u8")), options: options)
    while stream.signalLoss == nil { try await Task.sleep(for: .milliseconds(20)) }
    // However often the playlist is read, its old segment is not.
    let before = count("/live.m3u8")
    while count("/live.m3u8") < before + 10 { try await Task.sleep(for: .milliseconds(20)) }
    #expect(count("/old.ts") == 1 && stream.signalLoss != nil)
    log.withLock { $0.isGrown = true }
    // The signal lasts no longer than the new segment does, and this task may sleep through it. The warning stays.
    var warnings: [String] = []
    for await _ in stream.notices {
      warnings += stream.takeWarnings()
      if warnings.contains(where: { $0.contains("is back after") }) { break }
    }
    // What was seen of the old one is left out.
    #expect(count("/old.ts") <= 2 && count("/new.ts") == 1)
    stream.stop()
  }

  @Test("has as many segments of a time as end within it, the latest ends now")
  func segmentsOfTime() throws {
    let playlist = try playlist(first: 0, "0.ts", "1.ts", "2.ts")
    for (seconds, count) in [(-1, 0), (0.9, 0), (1, 1), (2.5, 2), (3, 3), (1e9, 3)] {
      #expect(playlist.segmentCount(within: seconds) == count)
    }
  }

  enum Fault: CaseIterable {
    case hangsUp, standsStill
    /// Hangs up, and has an older playlist when it is back.
    case returnsOlder
  }

  @Test(
    "whose server was away, or stood still, while its sender went on has all that was sent then, and nothing twice",
    .timeLimit(.minutes(2)), arguments: Fault.allCases)
  func serverAway(kind: Fault) async throws {
    let contents = try bytes(of: "starts-at-100s.ts")
    let begun = ContinuousClock.now
    // A segment a second.
    let segments = 12
    @Sendable func sent() -> Int { min(segments, 1 + Int((ContinuousClock.now - begun) / .seconds(1))) }
    let fault = Mutex<(isThere: Bool, count: Int)>((false, 0))
    let server = try LoopbackMediaServer { _, path in
      let fault = fault.withLock { $0 }
      if fault.isThere, kind == .hangsUp || (kind == .returnsOlder && sent() < 7) { return .hangUp }
      if path.hasSuffix(".ts"), let number = Int(path.dropFirst().dropLast(3)) {
        return .wholeFile(shifted(contents, by: number))
      }
      let old = kind == .returnsOlder ? fault.count - 2 : fault.count
      let names = (0..<(fault.isThere ? old : sent())).map { "\($0).ts" }
      return .wholeFile(Array(Self.text(first: 0, names).utf8))
    }
    defer { server.stop() }
    var options = options(5)
    options.timeout = 2
    options.reconnection = .init(firstDelay: 0.01, longestDelay: 0.01)
    let stream = try await VideoStream.open(VideoSource(server.address("live.m3u8")), options: options)
    let ending = Task {
      while sent() < 3 { try await Task.sleep(for: .milliseconds(20)) }
      fault.withLock { $0 = (true, sent()) }
      while stream.signalLoss == nil { try await Task.sleep(for: .milliseconds(20)) }
      while sent() < 9 { try await Task.sleep(for: .milliseconds(20)) }
      fault.withLock { $0.isThere = false }
      try await Task.sleep(for: .seconds(20))
      stream.stop()
    }
    // Of each segment, the first of its five frames that are sampled.
    var firsts: [Double] = []
    for await frame in stream where frame.image.number < 5 {
      firsts.append(frame.time)
      if firsts.count == segments { break }
    }
    #expect(firsts.count == segments && zip(firsts, firsts.dropFirst()).allSatisfy(<), "\(firsts)")
    ending.cancel()
    stream.stop()
  }

  @Test("leaves out frames up to the latest that was seen, unless timestamps begin again")
  func repeatedFrames() {
    func left(_ times: [Double?]) -> [Double] {
      var repeated = RepeatedFrames(upTo: 100, window: 4)
      return times.filter { !repeated.takesNext(at: $0) }.compactMap(\.self)
    }
    #expect(left([97, 98, 100, 101, 102]) == [101, 102])
    #expect(left([97, 98, 96, 97, 100]) == [96, 97, 100])
    #expect(left([1, 2, 98, 99]) == [1, 2, 98, 99])
    #expect(left([nil, 98]) == [98])
    #expect(left([101, 99]) == [101, 99])
  }

  @Test(
    "whose frames come a segment at a time keeps those of a segment for whoever takes them",
    .timeLimit(.minutes(2)))
  func segmentAtOnce() async throws {
    let contents = try bytes(of: "starts-at-100s.ts")
    let server = try LoopbackMediaServer { _, path in
      .wholeFile(path.hasSuffix(".ts") ? contents : Array(Self.text(first: 0, ["0.ts"]).utf8))
    }
    defer { server.stop() }
    let stream = try await VideoStream.open(VideoSource(server.address("live.m3u8")), options: options(10))
    // More than wait of another source. The last one is on show until the next segment.
    while stream.waitingCount < 10 { try await Task.sleep(for: .milliseconds(20)) }
    #expect(stream.droppedCount == 0)
    stream.stop()
  }

  @Test(
    "whose sender was held up and sends at once what it missed goes no further than the clock",
    .timeLimit(.minutes(2)))
  func catchesUp() async throws {
    let contents = try bytes(of: "starts-at-100s.ts")
    let log = Mutex((isGrown: false, grown: 0, requests: 0))
    let server = try LoopbackMediaServer { _, path in
      log.withLock { log in
        if path.hasSuffix(".ts") {
          log.requests += 1
          return .wholeFile(contents)
        }
        if log.isGrown { log.grown = min(log.grown + 10, 60) }
        let segments = ["old.ts"] + (0..<log.grown).map { "\($0).ts" }
        return .wholeFile(Array(Self.text(first: 0, segments).utf8))
      }
    }
    defer { server.stop() }
    var options = options(5)
    options.timeout = 2
    options.reconnection = .init(firstDelay: 0.01, longestDelay: 0.01)
    let begun = ContinuousClock.now
    let stream = try await VideoStream.open(VideoSource(server.address("live.m3u8")), options: options)
    let sender = Task {
      while stream.signalLoss == nil { try await Task.sleep(for: .milliseconds(20)) }
      log.withLock { $0.isGrown = true }
      // Half a minute of them is read in a few seconds.
      while log.withLock({ $0.requests < 32 }) { try await Task.sleep(for: .milliseconds(20)) }
      stream.stop()
    }
    var latest = 0.0
    for await frame in stream { latest = frame.time }
    try await sender.value
    let elapsed = ContinuousClock.now - begun
    // A segment and a second before their time, beside the segment that was there in the beginning.
    #expect(latest > 2 && latest < elapsed / .seconds(1) + 3.1)
  }
}
