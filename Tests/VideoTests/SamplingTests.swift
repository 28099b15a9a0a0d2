// SPDX-License-Identifier: Apache-2.0

import Images
import TestSupport
import Testing
import Video

@Suite("Sampling by presentation time")
struct SamplingTests {
  @Test(
    "takes at each instant the frame shown then",
    arguments: [(1.0, 2), (2, 4), (5, 10), (12.5, 25), (25, 50), (50, 100)])
  func constantRate(rate: Double, count: Int) async throws {
    let frames = try await sampled("constant.mp4", framesPerSecond: rate)
    #expect(frames.map(\.index) == Array(0..<count))
    for frame in frames {
      #expect(frame.time == Double(frame.index) / rate)
      // Frame n of the clip is shown from n/25 s on.
      #expect(frame.image.number == Int(frame.time * 25 + 1e-9), "at \(frame.time) s")
    }
  }

  @Test("hits the right frame where the container rounds times to milliseconds", arguments: [3.0, 7.5, 15, 30])
  func roundedTimes(rate: Double) async throws {
    let frames = try await sampled("milliseconds.mkv", framesPerSecond: rate)
    #expect(frames.count == Int(1.5 * rate + 0.999))
    for frame in frames {
      #expect(frame.image.number == Int(frame.time * 30 + 1e-6), "at \(frame.time) s")
    }
  }

  @Test("follows a variable frame rate")
  func variableRate() async throws {
    // Frames 0…9 at 0, 0.1 … 0.9 s; 10…15 at 1, 1.5 … 3.5 s.
    let shownAt = (0..<10).map { Double($0) / 10 } + (0..<6).map { 1 + Double($0) / 2 }
    for rate in [2.0, 4.0, 10.0] {
      let frames = try await sampled("variable.mp4", framesPerSecond: rate)
      #expect(frames.count >= Int(3.5 * rate) + 1)
      for frame in frames {
        let expected = shownAt.lastIndex { $0 <= frame.time + 0.0005 }
        #expect(frame.image.number == expected, "at \(frame.time) s of \(rate) a second")
      }
    }
  }

  @Test("repeats the frames of a source that is slower than the rate, so that time stays true")
  func slowSource() async throws {
    let frames = try await sampled("slow.mp4", framesPerSecond: 2)
    #expect(frames.map(\.image.number) == [0, 0, 1, 1, 2, 2, 3, 3])
    #expect(frames.map(\.time) == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5])
  }

  @Test("counts time from the first frame of a file, wherever its clock starts")
  func lateStart() async throws {
    let frames = try await sampled("starts-at-100s.ts", framesPerSecond: 5)
    #expect(frames.map(\.time) == [0, 0.2, 0.4, 0.6, 0.8])
    #expect(frames.map(\.image.number) == [0, 5, 10, 15, 20])
  }

  @Test("goes on where two recordings were joined and the clock jumps back")
  func joinedRecordings() async throws {
    let frames = try await sampled("joined.ts", framesPerSecond: 5)
    #expect(frames.map(\.index) == Array(0..<10))
    #expect(frames.map(\.image.number) == [0, 5, 10, 15, 20, 0, 5, 10, 15, 20])
  }

  @Test("keeps the time of a gap in a transport stream")
  func gap() async throws {
    let frames = try await sampled("gap.ts", framesPerSecond: 1)
    #expect(frames.map(\.index) == Array(0..<32))
    #expect(frames.map(\.image.number) == [0] + Array(repeating: 9, count: 30) + [10])
  }

  @Test("follows the video into another stream")
  func succession() async throws {
    let frames = try await sampled("other-pid.ts", framesPerSecond: 2)
    let colors = frames.map { $0.image.color(0.5, 0.5) }
    #expect(colors.prefix(12).allSatisfy { $0.isNear(.red, within: 12) }, "\(colors)")
    #expect(colors.dropFirst(12).allSatisfy { $0.isNear(.blue, within: 12) }, "\(colors)")
    #expect(frames.map(\.index) == Array(0..<24))
  }

  @Test("follows the video into another stream and back")
  func successionAndReturn() async throws {
    let folder = try TemporaryFolder()
    let contents = try bytes(of: "other-pid.ts")
    // A recording begins with the table of programs (PID 0) before its first packet of video (PID 256, then 257).
    let packets = Array(stride(from: 0, to: contents.count, by: 188))
    let other = try #require(packets.first { contents[$0 + 1] & 0x1F == 1 && contents[$0 + 2] == 1 })
    let start = try #require(
      packets.last { $0 < other && contents[$0 + 1] & 0x1F == 0 && contents[$0 + 2] == 0 })
    let path = try folder.write(contents + contents[..<start], to: "and-back.ts")
    let frames = await all(of: try await VideoStream.open(.file(path: path), options: options(2)))
    let colors = frames.map { $0.image.color(0.5, 0.5) }
    #expect(frames.map(\.index) == Array(0..<36))
    for (number, color) in colors.enumerated() {
      #expect(color.isNear((12..<24).contains(number) ? .blue : .red, within: 12), "\(number): \(color)")
    }
  }

  @Test("counts an AVI's empty packets before the second frame, as players do")
  func emptyPackets() async throws {
    let frames = try await sampled("late-video.avi", framesPerSecond: 2)
    #expect(frames.map(\.index) == Array(0..<12))
    #expect(frames.map(\.image.number) == Array(repeating: 0, count: 11) + [12])
  }

  @Test("counts from the first frame, also where sound comes first", arguments: ["late-video.mkv", "late-video.mp4"])
  func origin(name: String) async throws {
    let stream = try await VideoStream.open(.file(path: media(name)), options: options(5))
    #expect(await all(of: stream).map(\.image.number) == [0, 5, 10, 15, 20, 25, 30, 35, 40, 45])
    #expect(abs(try #require(stream.description.duration) - 2) < 0.1)
    stream.seek(to: 1)
    let frame = await stream.next()
    #expect(frame?.time == 1 && frame?.image.number == 25)
  }

  @Test(
    "takes an image's name as it is, also where it looks like a pattern", arguments: ["transparent.png", "still.jpg"])
  func patternInName(image: String) async throws {
    let folder = try TemporaryFolder()
    // What is in the file counts, not what its name says.
    let path = try folder.write(try bytes(of: image), to: "Photo 50%d off %03d.png")
    let stream = try await VideoStream.open(.file(path: path), options: options())
    #expect(await all(of: stream).count == 1)
  }

  @Test(
    "gives a clip of two frames, or of one, at least its first",
    arguments: [
      "two-frames.mp4", "one-frame.mp4",
    ])
  func shortClips(name: String) async throws {
    let frames = try await sampled(name, framesPerSecond: 2)
    #expect(frames.map(\.time) == [0])
    #expect(frames.map(\.image.number) == [0])
  }

  @Test(
    "refuses a rate, a queue or a size that cannot be",
    arguments: [
      VideoStreamOptions(framesPerSecond: 0), VideoStreamOptions(framesPerSecond: .nan),
      VideoStreamOptions(queueCapacity: 0),
      VideoStreamOptions(sizing: FrameSizing(minimumPixels: 4000, maximumPixels: 3000)),
      VideoStreamOptions(sizing: FrameSizing(multiple: 0)), VideoStreamOptions(timeout: 0),
      VideoStreamOptions(previewSize: ImageSize(width: 0, height: 4)),
    ])
  func invalidOptions(options: VideoStreamOptions) {
    #expect {
      _ = try VideoStream(source: .file(path: media("constant.mp4")), options: options)
    } throws: { error in
      if case .invalidOption(let text) = error as? VideoError { !text.contains("\n") && !text.isEmpty } else { false }
    }
  }
}
