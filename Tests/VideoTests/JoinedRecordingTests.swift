// SPDX-License-Identifier: Apache-2.0

import Images
import TestSupport
import Testing
import Video

@Suite("Recordings written one behind the other")
struct JoinedRecordingTests {
  private func frames(of path: String, framesPerSecond: Double) async throws -> [Frame] {
    await all(of: try await VideoStream.open(.file(path: path), options: options(framesPerSecond)))
  }

  /// The two parts of the clip whose codec changes.
  private func parts() throws -> (h264: ArraySlice<UInt8>, mpeg2: ArraySlice<UInt8>) {
    let contents = try bytes(of: "other-codec.ts")
    let second = try #require(recordings(of: contents).last)
    return (contents[..<second], contents[second...])
  }

  @Test("are followed where the video goes on under the number that was the sound's")
  func swappedStreams() async throws {
    let frames = try await frames(of: media("swapped.ts"), framesPerSecond: 5)
    let colors = frames.map { $0.image.color(0.5, 0.5) }
    #expect(frames.map(\.index) == Array(0..<frames.count) && frames.count >= 19)
    // The last frame of the first recording may be lost.
    #expect(colors.prefix(9).allSatisfy { $0.isNear(.red, within: 12) }, "\(colors)")
    #expect(colors.suffix(9).allSatisfy { $0.isNear(.blue, within: 12) }, "\(colors)")
  }

  @Test("are followed where the codec changes under one number", arguments: [true, false])
  func otherCodec(isH264First: Bool) async throws {
    let folder = try TemporaryFolder()
    let (h264, mpeg2) = try parts()
    let path = try folder.write(Array(isH264First ? h264 + mpeg2 : mpeg2 + h264), to: "joined.ts")
    let frames = try await frames(of: path, framesPerSecond: 5)
    // One second of H.264 and two of MPEG-2, whose frames count from 0; the last one of a recording may be lost.
    let numbers = frames.map(\.image.number)
    let first = isH264First ? [0, 5, 10, 15, 20] : [0, 5, 10, 15, 20, 25, 30, 35, 40]
    let second = isH264First ? [0, 5, 10, 15, 20, 25, 30, 35, 40] : [0, 5, 10, 15]
    #expect(numbers.starts(with: first), "\(numbers)")
    #expect(numbers.dropFirst(first.count).drop { $0 > 40 }.starts(with: second), "\(numbers)")
  }

  @Test("are followed however many there are")
  func manyRecordings() async throws {
    let folder = try TemporaryFolder()
    // Packets of nothing (PID 8191) behind each: the next one is not only a moment.
    let nothing = Array(repeating: [0x47, 0x1F, 0xFF, 0x10] + Array(repeating: UInt8(0xFF), count: 184), count: 2000)
    let (h264, mpeg2) = try parts()
    let contents = (0..<8).flatMap { Array($0 % 2 == 0 ? h264 : mpeg2) + nothing.joined() }
    let path = try folder.write(contents, to: "joined.ts")
    let stream = try await VideoStream.open(.file(path: path), options: options(5))
    let frames = await all(of: stream)
    // Four of a second and four of two, without the last frames that are lost.
    #expect((56...60).contains(frames.count), "\(frames.count)")
    #expect(frames.count { $0.image.number == 0 } == 8, "\(frames.map(\.image.number))")
    #expect(stream.takeWarnings() == [])
  }

  @Test("are followed in Ogg, also at another rate")
  func chainedOgg() async throws {
    let frames = try await frames(of: media("chained.ogv"), framesPerSecond: 5)
    #expect(frames.map(\.index) == Array(0..<15))
    #expect(frames.map(\.image.number) == [0, 5, 10, 15, 20] + Array(0..<10))
  }

  @Test("are followed once more after a seek, back or into the second one")
  func seekBack() async throws {
    let stream = try await VideoStream.open(.file(path: media("swapped.ts")), options: options(5))
    _ = await all(of: stream)
    for (time, color) in [(1.0, Color.red), (3, .blue), (0, .red)] {
      stream.seek(to: time)
      let frames = await all(of: stream)
      #expect(frames.first?.time == time)
      #expect(try #require(frames.first).image.color(0.5, 0.5).isNear(color, within: 12), "at \(time) s")
      #expect(try #require(frames.last).time > 3.5)
      #expect(try #require(frames.last).image.color(0.5, 0.5).isNear(.blue, within: 12))
    }
    #expect(stream.takeWarnings() == [])
  }

  // MARK: Any containers

  /// The files of which one is made, one behind the other.
  private static let joins = [
    ["constant.mp4", "fragmented.mp4"], ["fragmented.mp4", "constant.mp4", "constant.mp4"],
    ["milliseconds.mkv", "starts-at-5s.mkv"], ["live.mkv", "live.mkv", "milliseconds.mkv"],
    ["milliseconds.mkv", "live.mkv", "milliseconds.mkv"], ["grey.flv", "grey.flv", "grey.flv"],
    ["longer-sound.wmv", "longer-sound.wmv"], ["late-video.avi", "late-video.avi"],
    ["chained.ogv", "chained.ogv"], ["starts-at-100s.ts", "starts-at-100s.ts"], ["joined.ts", "live.mkv"],
    ["milliseconds.mkv", "joined.ts"], ["constant.mp4", "starts-at-100s.ts"], ["other-codec.ts", "chained.ogv"],
  ]

  private func joined(_ names: [String], in folder: TemporaryFolder) throws -> String {
    try folder.write(try names.flatMap { try bytes(of: $0) }, to: "joined.bin")
  }

  @Test("are read with the headers of their own, and no damage is seen where they meet", arguments: joins)
  func anyContainers(names: [String]) async throws {
    let folder = try TemporaryFolder()
    let stream = try await VideoStream.open(.file(path: try joined(names, in: folder)), options: options(5))
    let frames = await all(of: stream)
    #expect(frames.map(\.index) == Array(0..<frames.count))
    #expect(stream.takeWarnings() == [])
    var expected: [Int] = []
    for name in names { expected += try await sampled(name, framesPerSecond: 5).map(\.image.number) }
    // One that is no multiple of the sampling interval long shifts those behind it.
    let differences = zip(frames.map(\.image.number), expected).map { abs($0 - $1) }
    #expect(abs(frames.count - expected.count) <= 1)
    #expect(differences.count { $0 > 3 } <= 1, "\(frames.map(\.image.number)) \(expected)")
  }

  @Test("are told in the length of the whole, and can be moved to before they are read", arguments: joins)
  func seekForward(names: [String]) async throws {
    let folder = try TemporaryFolder()
    let path = try joined(names, in: folder)
    let frames = try await frames(of: path, framesPerSecond: 5)
    let stream = try await VideoStream.open(.file(path: path), options: options(5))
    let end = Double(frames.count) / 5
    // A recording that was sent live does not say how long it is, and the sound of one is longer.
    if !names.contains("live.mkv"), !names.contains("longer-sound.wmv") {
      #expect(abs(try #require(stream.description.duration) - end) < 0.3)
    }
    for time in [end - 0.8, 0.4] {
      stream.seek(to: time)
      let again = await all(of: stream)
      #expect(again.last?.index == frames.last?.index)
      #expect(again.first?.index == Int((time * 5).rounded()))
      let first = try #require(again.first)
      #expect(abs(first.image.number - frames[first.index].image.number) <= 3, "at \(time) s")
    }
    #expect(stream.takeWarnings() == [])
  }

  @Test("are found in a file that is too long to be read when it is opened")
  func longFile() async throws {
    let folder = try TemporaryFolder()
    let nothing = Array(repeating: [0x47, 0x1F, 0xFF, 0x10] + Array(repeating: UInt8(0xFF), count: 184), count: 95)
    let nothings = Array(nothing.joined())
    let part = try bytes(of: "other-pid.ts")
    let long = stride(from: 0, to: part.count, by: 188).flatMap { part[$0..<$0 + 188] + nothings }
    let path = try folder.write(Array(Array(repeating: long, count: 10).joined()), to: "long.ts")
    let stream = try await VideoStream.open(.file(path: path), options: options(0.5))
    // Each is of six seconds, of which FFmpeg may miss the last frame.
    #expect((117...120.1).contains(try #require(stream.description.duration)))
    for (time, color) in [(64.0, Color.red), (104, .blue)] {
      stream.seek(to: time)
      let frames = await all(of: stream)
      #expect(frames.first?.time == time)
      #expect(try #require(frames.first).image.color(0.5, 0.5).isNear(color, within: 12), "at \(time) s")
      #expect(try #require(frames.last).image.color(0.5, 0.5).isNear(.blue, within: 12))
      #expect(abs(try #require(frames.last).time - 118) <= 2)
    }
    #expect(stream.takeWarnings() == [])
  }

  // MARK: What is not read

  private static let junk = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 >> 5) }

  @Test(
    "are read on behind other bytes, and it is said how many those were",
    arguments: [("fragmented.mp4", 2.0), ("chained.ogv", 3), ("milliseconds.mkv", 1.5)])
  func bytesBetween(name: String, length: Double) async throws {
    let folder = try TemporaryFolder()
    let part = try bytes(of: name)
    let path = try folder.write(part + Self.junk + part, to: "joined")
    let stream = try await VideoStream.open(.file(path: path), options: options(10))
    #expect(await all(of: stream).count == Int(2 * length * 10))
    let warnings = stream.takeWarnings()
    #expect(warnings.contains { $0.contains("5000 of \(2 * part.count + 5000) bytes") }, "\(warnings)")
  }

  /// Text, a box and elements, the length of which would be that of more than the file.
  private static let lengths: [(name: String, frames: Int, between: [UInt8], warning: String?)] = [
    ("constant.mp4", 10, Array("abcdEFGH".utf8), nil), ("fragmented.mp4", 10, Array("a line of text\n".utf8), nil),
    ("constant.mp4", 10, [0, 0, 0, 1] + Array("free".utf8) + [0x40, 0, 0, 0, 0, 0, 0, 0], nil),
    ("milliseconds.mkv", 8, [0xAB, 0x0F] + Array(repeating: 0, count: 5000), "5002 of "),
    ("milliseconds.mkv", 8, [0xEC, 0x0F] + Array(repeating: 0, count: 5000), nil),
    ("late-video.avi", 30, Array("a line of text\n".utf8), nil),
    ("late-video.avi", 30, Array(String(repeating: "a line of text\n", count: 100).utf8), "1500 of "),
    // A chunk that would reach behind the header of what follows.
    ("late-video.avi", 30, Array("text".utf8) + [12, 0, 0, 0], nil),
  ]

  @Test("are read on behind bytes that look like an element", arguments: lengths)
  func falseElement(name: String, frames: Int, between: [UInt8], warning: String?) async throws {
    let folder = try TemporaryFolder()
    let part = try bytes(of: name)
    let path = try folder.write(part + between + part, to: "joined")
    let stream = try await VideoStream.open(.file(path: path), options: options(5))
    #expect(abs(await all(of: stream).count - 2 * frames) <= 1)
    let warnings = stream.takeWarnings()
    #expect(warnings.count == (warning == nil ? 0 : 1) && warnings.allSatisfy { $0.contains(warning ?? "") })
  }

  @Test("are read behind one that was cut off", arguments: ["grey.flv", "fragmented.mp4", "chained.ogv", "live.mkv"])
  func cutOff(name: String) async throws {
    let folder = try TemporaryFolder()
    let part = try bytes(of: name)
    let whole = try await sampled(name, framesPerSecond: 5).map(\.image.number)
    for lost in [20, 100, 500] {
      let path = try folder.write(part.dropLast(lost) + part, to: "joined")
      let frames = try await frames(of: path, framesPerSecond: 5)
      // The cut shifts the sampling instants of the second one.
      let second = frames.map(\.image.number).suffix(whole.count - 1)
      let differences = zip(second, whole.suffix(whole.count - 1)).map { abs($0 - $1) }
      #expect(frames.count > whole.count && differences.allSatisfy { $0 <= 4 }, "\(lost): \(second)")
    }
  }

  @Test("are read behind one that was cut off, which is said")
  func cutOffAndSaid() async throws {
    let folder = try TemporaryFolder()
    let part = try bytes(of: "constant.mp4")
    let whole = try await sampled("constant.mp4", framesPerSecond: 5).map(\.image.number)
    for lost in [100, part.count / 4] {
      let path = try folder.write(part.dropLast(lost) + part, to: "joined")
      let stream = try await VideoStream.open(.file(path: path), options: options(5))
      let frames = await all(of: stream)
      let second = frames.map(\.image.number).suffix(whole.count - 1)
      let differences = zip(second, whole.suffix(whole.count - 1)).map { abs($0 - $1) }
      #expect(frames.count > whole.count && differences.allSatisfy { $0 <= 4 }, "\(lost): \(second)")
      let warnings = stream.takeWarnings()
      #expect(warnings.contains { $0.contains("is cut off: it ends at") }, "\(lost): \(warnings)")
    }
  }

  @Test("are read behind one whose last box says that it goes to the end of the file")
  func boxToTheEnd() async throws {
    let folder = try TemporaryFolder()
    var first = try bytes(of: "constant.mp4")
    let name = try #require(first.firstRange(of: Array("mdat".utf8))).lowerBound
    first.replaceSubrange(name - 4..<name, with: [0, 0, 0, 0])
    for second in ["constant.mp4", "milliseconds.mkv"] {
      let path = try folder.write(first + (try bytes(of: second)), to: second)
      let stream = try await VideoStream.open(.file(path: path), options: options(5))
      #expect(await all(of: stream).count >= 10 + (try await sampled(second, framesPerSecond: 5).count) - 1)
      #expect(stream.takeWarnings() == [])
    }
  }

  @Test(
    "are no more than a bounded number, and the bytes of others are said", arguments: ["grey.flv", "one-frame.mp4"])
  func tooMany(name: String) async throws {
    let folder = try TemporaryFolder()
    let part = try bytes(of: name)
    let path = try folder.write(Array(Array(repeating: part, count: 1003).joined()), to: "joined")
    let stream = try await VideoStream.open(.file(path: path), options: options(0.2))
    _ = await all(of: stream)
    let warnings = stream.takeWarnings()
    #expect(warnings.contains { $0.contains("\(3 * part.count) of \(1003 * part.count) bytes") }, "\(warnings)")
  }

  @Test(
    "are each read to their own end however many there are, and however short their elements",
    arguments: ["grey.flv", "live.mkv"])
  func thousands(name: String) async throws {
    let folder = try TemporaryFolder()
    let part = try bytes(of: name)
    let path = try folder.write(Array(Array(repeating: part, count: 3000).joined()), to: "joined")
    let stream = try await VideoStream.open(.file(path: path), options: options(1))
    let frames = await all(of: stream)
    let length = try await sampled(name, framesPerSecond: 25).count
    #expect(abs(frames.count - 1000 * length / 25) <= 1)
    let warnings = stream.takeWarnings()
    #expect(warnings.count == 1 && warnings[0].contains("\(2000 * part.count) of \(3000 * part.count) bytes"))
  }

  @Test("are cut off by the thousand without a line for each")
  func thousandsCutOff() async throws {
    let folder = try TemporaryFolder()
    // The header with the stated length, and the first tags.
    let part = try bytes(of: "grey.flv").prefix(400)
    let path = try folder.write(Array(Array(repeating: part, count: 900).joined()), to: "a")
    let stream = try await VideoStream.open(.file(path: path), options: options(1))
    _ = await all(of: stream)
    let warnings = stream.takeWarnings()
    #expect(warnings.count < 10 && warnings.contains { $0.contains("cut off") }, "\(warnings)")
    #expect(warnings.contains { $0.contains(": 897 more of its recordings do not end properly") }, "\(warnings)")
  }

  @Test("are passed over where they have no video, which is said, wherever they are")
  func withoutVideo() async throws {
    let folder = try TemporaryFolder()
    let (sound, video) = (try bytes(of: "sound.mp4"), try bytes(of: "constant.mp4"))
    for (number, contents) in [sound + video, video + sound, video + sound + video].enumerated() {
      let stream = try await VideoStream.open(
        .file(path: try folder.write(contents, to: "\(number)")), options: options(5))
      #expect(await all(of: stream).count == (number == 2 ? 20 : 10))
      let warnings = stream.takeWarnings()
      #expect(warnings.count == 1 && warnings[0].contains("\(sound.count) of \(contents.count) bytes"), "\(warnings)")
      // It is said once.
      stream.seek(to: 1)
      _ = await all(of: stream)
      #expect(stream.takeWarnings() == [])
    }
  }

  @Test("are no more than a bounded number, however many headers a file has")
  func manyHeaders() async throws {
    let folder = try TemporaryFolder()
    let video = try bytes(of: "constant.mp4")
    let headers = Array(Array(repeating: video.prefix(32), count: 5000).joined())
    let path = try folder.write(video + headers + video, to: "headers.mp4")
    let stream = try await VideoStream.open(.file(path: path), options: options(5))
    #expect(await all(of: stream).count == 10)
    let warnings = stream.takeWarnings()
    #expect(warnings.contains { $0.contains("bytes were not read") }, "\(warnings)")
  }

  @Test("are told from what fills a file up")
  func padding() async throws {
    let folder = try TemporaryFolder()
    let contents = try bytes(of: "constant.mp4") + Array(repeating: 0, count: 100_000)
    let stream = try await VideoStream.open(.file(path: try folder.write(contents, to: "a.mp4")), options: options(5))
    #expect(await all(of: stream).count == 10)
    #expect(stream.takeWarnings() == [])
  }
}
