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

  @Test("are read as one beyond the thousandth in a transport stream, which is told")
  func thousandsOfPackets() async throws {
    let contents = Array(repeatElement(try bytes(of: "starts-at-100s.ts"), count: 1002).joined())
    let folder = try TemporaryFolder()
    let file = try await VideoStream.open(.file(path: folder.write(contents, to: "a.ts")), options: options(0.1))
    let ofFile = (await all(of: file).count, file.takeWarnings())
    let ofPipe = try await frames(of: contents, size: 1 << 16, framesPerSecond: 0.1)
    for (count, warnings) in [ofFile, (ofPipe.frames.count, ofPipe.warnings)] {
      #expect(abs(count - 101) <= 1)
      let told = "what follows its first 1000 recordings was read as one"
      #expect(warnings.count { $0.contains(told) } == 1, "\(warnings)")
    }
  }

  @Test(
    "are found behind more rubbish than is kept of a pipe",
    arguments: ["live.mkv", "fragmented.mp4", "grey.flv", "longer-sound.wmv", "other-codec.ts"])
  func rubbishBetween(name: String) async throws {
    let rubbish = (0..<100_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 7) }
    let (first, second) = (try bytes(of: name), try bytes(of: "milliseconds.mkv"))
    let contents = first + rubbish + second
    let (frames, warnings) = try await frames(of: contents, size: 1 << 16)
    let whole =
      try await sampled(name, framesPerSecond: 5).count
      + (try await sampled("milliseconds.mkv", framesPerSecond: 5).count)
    #expect(abs(frames.count - whole) <= 2, "\(frames.count) of \(whole)")
    #expect(warnings.contains { $0.contains("\(rubbish.count) of \(contents.count) bytes") }, "\(warnings)")
  }

  @Test(
    "end before rubbish, which is said, and before what fills them up, which is not",
    arguments: ["live.mkv", "fragmented.mp4", "grey.flv", "grey.wmv", "late-video.avi", "other-codec.ts"],
    [1 << 16, 1000])
  func rubbishBehind(name: String, size: Int) async throws {
    let contents = try bytes(of: name)
    let count = try await sampled(name, framesPerSecond: 5).count
    let rubbish = try await frames(of: contents + SkippedBytesTests.junk, size: size)
    #expect(abs(rubbish.frames.count - count) <= 1)
    let told = "\(SkippedBytesTests.junk.count) of \(contents.count + SkippedBytesTests.junk.count) bytes"
    #expect(rubbish.warnings.count == 1 && rubbish.warnings[0].contains(told), "\(rubbish.warnings)")
    let filled = try await frames(of: contents + Array(repeating: 0, count: 5000), size: size)
    #expect(abs(filled.frames.count - count) <= 1 && filled.warnings == [], "\(filled.warnings)")
  }

  @Test(
    "are found behind one that was cut off, as in a file",
    arguments: ["fragmented.mp4", "grey.flv", "grey.wmv", "late-video.avi", "live.mkv", "other-codec.ts"],
    [1 << 16, 1000, 100])
  func cut(name: String, size: Int) async throws {
    let first = try bytes(of: name)
    let second = try bytes(of: "milliseconds.mkv")
    for part in [first.count * 3 / 5, first.count * 4 / 5] {
      let contents = Array(first[..<part]) + second + first
      let folder = try TemporaryFolder()
      let file = try await VideoStream.open(.file(path: folder.write(contents, to: "file")), options: options(5))
      let expected = await all(of: file).map(\.image.number)
      let found = try await frames(of: contents, size: size).frames.map(\.image.number)
      #expect(found.count >= expected.count - 1, "\(found) \(expected)")
      // All of the second one, of a second and a half, and of the last one.
      #expect(found.count >= (try await sampled(name, framesPerSecond: 5).count) + 7, "\(found)")
    }
  }

  @Test("are found in an element that does not end for long after them")
  func longElement() async throws {
    // The box of a film that was cut off would reach to the end of the pipe.
    let video = try bytes(of: "constant.mp4")
    let place = try #require(video.firstRange(of: Array("mdat".utf8))).lowerBound - 4
    let box: [UInt8] = [0x7F, 0, 0, 0]
    let cut = Array(video[..<place]) + box + Array(video[(place + 4)...])
    let nothing = Array(repeating: UInt8(0), count: 2 << 20)
    for contents in [cut + video, cut + video + nothing + video] {
      let (frames, _) = try await frames(of: contents, size: 1 << 16)
      #expect(frames.count >= (contents.count < 1 << 20 ? 20 : 30), "\(frames.count)")
    }
  }

  @Test("are not cut off where their sender has only repeated its header", arguments: [1 << 16, 1000])
  func repeatedHeader(size: Int) async throws {
    let contents = try bytes(of: "grey.wmv")
    // The header, the beginning of the data (which says how much there will be), and its packets.
    let header = Int(contents[16]) + Int(contents[17]) << 8
    let packets = header + 50
    let middle = packets + (contents.count - packets) / 400 * 200
    let live = contents[..<(header + 16)] + Array(repeating: 0, count: 8) + contents[(header + 24)..<packets]
    let (frames, warnings) = try await frames(
      of: Array(live + contents[packets..<middle] + live + contents[middle...]), size: size)
    #expect(abs(frames.count - 10) <= 1 && !warnings.contains { $0.contains("cut off") }, "\(warnings)")

    // Without another beginning of the data, the packets behind it are those of the first.
    let repeated = Array(contents[..<middle] + contents[..<header] + contents[middle...])
    let folder = try TemporaryFolder()
    let file = try await VideoStream.open(.file(path: folder.write(repeated, to: "a.wmv")), options: options(5))
    #expect(await all(of: file).count >= 8)
    #expect(try await self.frames(of: repeated, size: size).frames.count >= 8)
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
