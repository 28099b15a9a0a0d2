// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Video

@Suite("A damaged file gives what it holds")
struct DamageTests {
  @Test("and says where it ends when it was cut off")
  func truncated() async throws {
    let folder = try TemporaryFolder()
    let contents = try bytes(of: "constant.mp4")
    let path = try folder.write(contents.prefix(contents.count * 9 / 10), to: "cut.mp4")
    let stream = try await VideoStream.open(.file(path: path), options: options(25))
    let frames = await all(of: stream)
    #expect(frames.count > 10 && frames.count < 50)
    #expect(frames.map(\.image.number) == frames.map(\.index))
    let warnings = stream.takeWarnings()
    #expect(warnings.contains { $0.contains("cut off") && $0.contains("of 2.0 s") }, "\(warnings)")
    #expect(stream.failure == nil)
  }

  @Test("and says that it was cut off in ASF, whose length is then unknown, unless it was broadcast")
  func cutASF() async throws {
    let folder = try TemporaryFolder()
    let whole = try bytes(of: "grey.wmv")
    let cut = Array(whole.prefix(whole.count * 3 / 5))
    var broadcast = cut
    let properties: [UInt8] = [0xA1, 0xDC, 0xAB, 0x8C, 0x47, 0xA9, 0xCF, 0x11]
    broadcast[try #require(cut.firstRange(of: properties)).lowerBound + 88] |= 1
    for (number, (contents, times)) in [(whole, 0), (cut, 1), (broadcast, 0), (cut + whole + cut, 2)].enumerated() {
      let path = try folder.write(contents, to: "\(number).wmv")
      let stream = try await VideoStream.open(.file(path: path), options: options(5))
      #expect(await all(of: stream).count >= 5)
      let warnings = stream.takeWarnings()
      #expect(warnings.count { $0.contains("cut off") } == times, "\(number): \(warnings)")
    }
  }

  @Test("and says that it was cut off within the last frame of a fragment")
  func cutFragment() async throws {
    let folder = try TemporaryFolder()
    let contents = try bytes(of: "fragmented.mp4")
    // Behind the last frame lies an index of the fragments.
    let index = try #require(contents.firstRange(of: Array("mfra".utf8))).lowerBound - 4
    let path = try folder.write(contents.prefix(index - 20), to: "cut.mp4")
    let stream = try await VideoStream.open(.file(path: path), options: options(25))
    #expect(await all(of: stream).count >= 45)
    let warnings = stream.takeWarnings()
    #expect(warnings.contains { $0.contains("cut off") }, "\(warnings)")
  }

  @Test("and says where it ends when a server sent less than it promised")
  func brokenOff() async throws {
    let contents = try bytes(of: "other-pid.ts")
    let server = try LoopbackMediaServer { _ in .cutFile(contents, sent: contents.count * 6 / 10) }
    defer { server.stop() }
    let stream = try await VideoStream.open(VideoSource(server.address("clip.ts")), options: options(10))
    let count = await all(of: stream).count
    #expect(count > 30 && count < 120)
    let warnings = stream.takeWarnings()
    #expect(warnings.contains { $0.contains("broke off") && $0.contains("of \(contents.count) bytes") }, "\(warnings)")
  }

  @Test("and the image where only the transparency of a WebP image is damaged, which ends FFmpeg's own program")
  func damagedTransparency() async throws {
    let folder = try TemporaryFolder()
    var contents = try bytes(of: "transparent.webp")
    let transparency = try #require(contents.firstRange(of: Array("ALPH".utf8))?.upperBound)
    contents.replaceSubrange(transparency + 9..<transparency + 13, with: [255, 255, 255, 127])
    let path = try folder.write(contents, to: "damaged.webp")
    let stream = try await VideoStream.open(.file(path: path), options: options(1))
    #expect(await all(of: stream).count == 1)
  }

  @Test("and says from when on it is scrambled")
  func scrambledEnd() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(scrambled(try bytes(of: "joined.ts"), from: 188 * 20), to: "scrambled.ts")
    let stream = try await VideoStream.open(.file(path: path), options: options(25))
    #expect((2..<25).contains(await all(of: stream).count))
    let warnings = stream.takeWarnings()
    #expect(warnings.contains { $0.contains("the rest is encrypted") }, "\(warnings)")
  }

  @Test("and says once how much was damaged")
  func damaged() async throws {
    let folder = try TemporaryFolder()
    var contents = try bytes(of: "joined.ts")
    // Packets in the middle of the first recording are missing.
    contents.removeSubrange(188 * 20..<188 * 27)
    let path = try folder.write(contents, to: "damaged.ts")
    let stream = try await VideoStream.open(.file(path: path), options: options(25))
    let frames = await all(of: stream)
    // The second recording is whole.
    #expect(frames.suffix(20).map(\.image.number) == Array(5..<25))
    let warnings = stream.takeWarnings()
    #expect(warnings.filter { $0.contains("damaged") }.count == 1, "\(warnings)")
    #expect(stream.takeWarnings().isEmpty)
  }

  @Test("and says from when on nothing can be decoded, where a codec changes in what cannot be moved in")
  func otherCodec() async throws {
    let contents = try bytes(of: "other-codec.ts")
    let server = try LoopbackMediaServer { _ in .wholeFile(contents) }
    defer { server.stop() }
    let stream = try await VideoStream.open(VideoSource(server.address("joined.ts")), options: options(25))
    #expect(await all(of: stream).count >= 20)
    let warnings = stream.takeWarnings()
    #expect(warnings.contains { $0.contains("s could be decoded, though more follows") }, "\(warnings)")
  }

  @Test(
    "and an undamaged one warns of nothing",
    arguments: [
      "constant.mp4", "variable.mp4", "slow.mp4", "milliseconds.mkv", "starts-at-100s.ts", "1x1.mkv", "colours-709.mp4",
      "rotated-90.mp4", "two-frames.mp4", "one-frame.mp4", "starts-at-5s.mkv", "fragmented.mp4", "gap.ts",
      "other-pid.ts", "other-codec.ts", "swapped.ts", "chained.ogv", "late-video.avi", "longer-sound.mkv",
      "longer-sound.wmv", "late-video.mkv", "late-video.mp4", "late-video.nut", "grey.flv", "live.mkv",
    ])
  func whole(name: String) async throws {
    let stream = try await VideoStream.open(.file(path: media(name)), options: options(10))
    _ = await all(of: stream)
    #expect(stream.takeWarnings() == [])
  }

  @Test("and is not cut off where its header says that nobody knows its length")
  func unknownLength() async throws {
    let folder = try TemporaryFolder()
    var contents = try bytes(of: "fragmented.mp4")
    // ISO 14496-12: a duration of all ones is unknown. In version 0 of the box it is the fifth field after the name.
    let header = try #require(contents.firstRange(of: Array("mdhd".utf8))).upperBound
    contents.replaceSubrange(header + 16..<header + 20, with: [255, 255, 255, 255])
    let path = try folder.write(contents, to: "unknown.mp4")
    let stream = try await VideoStream.open(.file(path: path), options: options(10))
    #expect(stream.description.duration == nil && !stream.description.isLive)
    #expect(await all(of: stream).count == 20)
    #expect(stream.takeWarnings() == [])
  }

  @Test("whatever bytes are wrong, without a crash")
  func randomDamage() async throws {
    let folder = try TemporaryFolder()
    var generator = SplitMix64(seed: 7)
    for name in ["constant.mp4", "milliseconds.mkv", "joined.ts", "1x1.mkv", "colours-601.mp4"] {
      let whole = try bytes(of: name)
      for round in 0..<12 {
        var contents = whole
        for _ in 0..<(1 << (round % 6)) {
          contents[Int.random(in: 0..<contents.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        }
        let path = try folder.write(contents, to: "\(round)-\(name)")
        var limit = 2000
        guard let stream = try? await VideoStream.open(.file(path: path), options: options(5)) else { continue }
        for await frame in stream {
          #expect(frame.time.isFinite && frame.time >= 0)
          limit -= 1
          if limit == 0 { break }
        }
        stream.stop()
      }
    }
  }
}
