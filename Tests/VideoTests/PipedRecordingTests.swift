// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing
import Video

@Suite("Recordings that come through a pipe")
struct PipedRecordingTests {
  /// Writes into a pipe with a name, `size` bytes at a time, on a thread of its own: it waits for the reader.
  private func write(_ contents: [UInt8], to path: String, size: Int) {
    // The pipe is closed early behind too many recordings.
    signal(SIGPIPE, SIG_IGN)
    Thread.detachNewThread {
      guard let writer = try? FileHandle(forWritingTo: URL(fileURLWithPath: path)) else { return }
      for start in stride(from: 0, to: contents.count, by: size) {
        do { try writer.write(contentsOf: contents[start..<min(contents.count, start + size)]) } catch { return }
      }
      try? writer.close()
    }
  }

  private func frames(
    of contents: [UInt8], size: Int, framesPerSecond: Double = 5
  ) async throws -> (frames: [Frame], warnings: [String]) {
    let folder = try TemporaryFolder()
    let path = folder.path("pipe")
    #expect(mkfifo(path, 0o600) == 0)
    write(contents, to: path, size: size)
    let stream = try await VideoStream.open(.file(path: path), options: options(framesPerSecond))
    let frames = await all(of: stream)
    return (frames, stream.takeWarnings())
  }

  /// The files that are written one behind the other.
  private static let joins = [
    ["other-codec.ts"], ["swapped.ts"], ["other-pid.ts"], ["chained.ogv", "chained.ogv"],
    ["fragmented.mp4", "live.mkv"], ["milliseconds.mkv", "live.mkv", "other-codec.ts"],
    ["grey.flv", "grey.flv", "constant.mp4", "grey.flv"], ["starts-at-100s.ts", "milliseconds.mkv"],
    ["constant.mp4", "constant.mp4"],
  ]

  @Test("are followed into another container or codec", arguments: joins, [1 << 16, 1000])
  func joined(names: [String], size: Int) async throws {
    let (frames, warnings) = try await frames(of: try names.flatMap { try bytes(of: $0) }, size: size)
    #expect(frames.map(\.index) == Array(0..<frames.count))
    var expected: [Int] = []
    for name in names { expected += try await sampled(name, framesPerSecond: 5).map(\.image.number) }
    let differences = zip(frames.map(\.image.number), expected).map { abs($0 - $1) }
    #expect(abs(frames.count - expected.count) <= 1)
    #expect(differences.count { $0 > 3 } <= 1, "\(frames.map(\.image.number)) \(expected)")
    #expect(warnings == [])
  }

  @Test("are read on behind bytes that are part of none, which is said", arguments: ["starts-at-100s.ts", "grey.flv"])
  func junk(name: String) async throws {
    let contents = try bytes(of: name)
    let place = name.hasSuffix("ts") ? contents.count / 188 / 2 * 188 : middleTag(of: contents)
    let (frames, warnings) = try await frames(
      of: contents[..<place] + SkippedBytesTests.junk + contents[place...], size: 1000, framesPerSecond: 25)
    #expect(abs(frames.count - (try await sampled(name, framesPerSecond: 25).count)) <= 2)
    #expect(warnings.contains { $0.contains(": 5000 bytes that are part of no recording") }, "\(warnings)")
    #expect(!warnings.contains { $0.contains("cut off") }, "\(warnings)")
  }

  @Test("are read to the thousandth, and what follows is told of")
  func thousands() async throws {
    let one = try bytes(of: "grey.flv")
    let (_, warnings) = try await frames(
      of: Array(repeatElement(one, count: 1002).joined()), size: 1 << 16, framesPerSecond: 0.1)
    #expect(warnings.contains { $0.contains("what follows its first 1000 recordings was not read") }, "\(warnings)")
  }

  @Test(
    "are found behind more rubbish than is kept of a pipe",
    arguments: ["live.mkv", "fragmented.mp4", "grey.flv", "longer-sound.wmv", "other-codec.ts"])
  func rubbishBetween(name: String) async throws {
    let rubbish = (0..<100_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 7) }
    let (first, second) = (try bytes(of: name), try bytes(of: "milliseconds.mkv"))
    let (frames, _) = try await frames(of: first + rubbish + second, size: 1 << 16)
    let whole =
      try await sampled(name, framesPerSecond: 5).count
      + (try await sampled("milliseconds.mkv", framesPerSecond: 5).count)
    #expect(abs(frames.count - whole) <= 2, "\(frames.count) of \(whole)")
  }

  @Test("are passed over where they have no video, which is said")
  func withoutVideo() async throws {
    let (sound, video) = (try bytes(of: "sound.mp4"), try bytes(of: "live.mkv"))
    let contents = video + sound + video
    let (frames, warnings) = try await frames(of: contents, size: 4096)
    #expect(frames.count == 2 * (try await sampled("live.mkv", framesPerSecond: 5).count))
    #expect(warnings.count == 1 && warnings[0].contains("\(sound.count) of \(contents.count) bytes"), "\(warnings)")
  }
}
