// SPDX-License-Identifier: Apache-2.0

import Foundation
import Images
import TestSupport
import Testing
import Video

@Suite("A stream beside its consumer")
struct StreamTests {
  private let clip = VideoSource.file(path: media("constant.mp4"))

  @Test("that waits loses nothing, however slow the consumer")
  func waits() async throws {
    var options = options(25)
    options.queueCapacity = 2
    options.queue = .wait
    let stream = try await VideoStream.open(clip, options: options)
    var indices: [Int] = []
    for await frame in stream {
      if indices.count < 5 { try await Task.sleep(for: .milliseconds(20)) }
      indices.append(frame.index)
    }
    #expect(indices == Array(0..<50))
    #expect(stream.droppedCount == 0)
  }

  @Test("is decoded ahead while its consumer works, as far as the queue goes and no further")
  func readsAhead() async throws {
    var options = options(25)
    options.queueCapacity = 4
    let stream = try await VideoStream.open(clip, options: options)
    for index in 0..<10 {
      // The consumer is at work, for as long as the decoder likes.
      while stream.waitingCount < 4 { try await Task.sleep(for: .milliseconds(1)) }
      #expect(await stream.next()?.index == index)
      #expect(stream.waitingCount <= 4)
    }
  }

  @Test("that drops the oldest counts each one")
  func dropsOldest() async throws {
    var options = options(25)
    options.queueCapacity = 3
    options.queue = .dropOldest
    let stream = try await VideoStream.open(clip, options: options)
    // Nobody takes a frame until the file has been read to its end.
    while stream.droppedCount < 47 { try await Task.sleep(for: .milliseconds(5)) }
    #expect(await all(of: stream).map(\.index) == [47, 48, 49])
    #expect(stream.droppedCount == 47)
  }

  @Test("waits by itself for a file")
  func automaticPolicy() async throws {
    var options = options(25)
    options.queueCapacity = 1
    let stream = try await VideoStream.open(clip, options: options)
    try await Task.sleep(for: .milliseconds(100))
    #expect(await all(of: stream).count == 50)
    #expect(stream.droppedCount == 0)
  }

  @Test("goes on where it is sought, forwards and backwards", arguments: [0.0, 0.3, 0.96, 1.0, 1.5, 1.96])
  func seeks(target: Double) async throws {
    let stream = try await VideoStream.open(clip, options: options(25))
    for _ in 0..<10 { _ = await stream.next() }
    #expect(stream.seek(to: target))
    let first = Int((target * 25).rounded(.up))
    let frames = await all(of: stream)
    #expect(frames.map(\.index) == Array(first..<50))
    #expect(frames.map(\.image.number) == Array(first..<50))
  }

  @Test("lands between two instants on the later one, and shows what is on then")
  func seeksBetweenInstants() async throws {
    let stream = try await VideoStream.open(clip, options: options(2))
    stream.seek(to: 0.7)
    let frames = await all(of: stream)
    #expect(frames.map(\.time) == [1, 1.5])
    #expect(frames.map(\.image.number) == [25, 37])
  }

  @Test(
    "can be sought in containers without an index, and before its clock's start",
    arguments: [
      "starts-at-100s.ts", "milliseconds.mkv",
    ])
  func seeksWithoutIndex(name: String) async throws {
    let stream = try await VideoStream.open(.file(path: media(name)), options: options(5))
    stream.seek(to: 0.6)
    #expect(await stream.next()?.time == 0.6)
    stream.seek(to: -3)
    let frame = await stream.next()
    #expect(frame?.time == 0)
    #expect(frame?.image.number == 0)
  }

  @Test("plays again after its end when it is sought")
  func replays() async throws {
    let stream = try await VideoStream.open(clip, options: options(5))
    #expect(await all(of: stream).count == 10)
    #expect(await stream.next() == nil)
    stream.seek(to: 1)
    #expect(await all(of: stream).map(\.time) == [1, 1.2, 1.4, 1.6, 1.8])
    // Beyond the end the last sampling instant is left to see.
    stream.seek(to: 99)
    #expect(await all(of: stream).map(\.time) == [1.8])
  }

  @Test("without a known length is sought to its last instant beyond its end", arguments: ["raw.h264", "live.mkv"])
  func seeksBeyondUnknownEnd(name: String) async throws {
    let stream = try await VideoStream.open(.file(path: media(name)), options: options(5))
    #expect(stream.description.duration == nil)
    let last = try #require(await all(of: stream).last?.time)
    stream.seek(to: 1000)
    #expect(await all(of: stream).map(\.time) == [last])
    stream.seek(to: 0.4)
    #expect(await stream.next()?.time == 0.4)
  }

  @Test("is sought to its last instant beyond its end through recordings without a known length")
  func seeksBeyondUnknownRecordings() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes(of: "live.mkv") + bytes(of: "live.mkv"), to: "joined.mkv")
    let stream = try await VideoStream.open(.file(path: path), options: options(5))
    stream.seek(to: 1000)
    #expect(await all(of: stream).map(\.time) == [1.8])
    stream.seek(to: 0.4)
    #expect(await stream.next()?.time == 0.4)
  }

  @Test("in real time takes as long as the video lasts")
  func realtime() async throws {
    var options = options(5)
    options.pace = .realtime
    let clock = ContinuousClock()
    let start = clock.now
    let stream = try await VideoStream.open(clip, options: options)
    for await frame in stream {
      let elapsed = (clock.now - start) / .seconds(1)
      #expect(elapsed > frame.time - 0.05)
    }
    #expect(clock.now - start > .seconds(1.75))
  }

  @Test("stands still while paused, and goes on where it stood")
  func pauses() async throws {
    var options = options(25)
    options.pace = .realtime
    let opened = ContinuousClock.now
    let stream = try await VideoStream.open(clip, options: options)
    let before = try #require(await stream.next())
    let paused = ContinuousClock.now
    stream.pause()
    stream.pause()
    let next = Task { await stream.next() }
    try await Task.sleep(for: .milliseconds(400))
    let resumed = ContinuousClock.now
    stream.resume()
    stream.resume()
    let after = try #require(await next.value)
    #expect(ContinuousClock.now - resumed < .seconds(40))
    #expect(after.index == before.index + 1)
    let rest = await all(of: stream)
    #expect(rest.last?.index == 49)
    // What was missed during the pause is not raced after.
    let played = (paused - opened) + (ContinuousClock.now - resumed)
    #expect(played > .seconds(1.9))
  }

  @Test("hands out the frame at the target of a seek while paused, and goes on behind it", arguments: [0.7, 1.0])
  func seeksInPause(target: Double) async throws {
    let stream = try await VideoStream.open(clip, options: options(2))
    stream.pause()
    // Of two targets the first may be left out.
    stream.seek(to: 0.2)
    stream.seek(to: target)
    var frame = await stream.next()
    if frame?.time == 0.2 { frame = await stream.next() }
    #expect(frame?.time == target && frame?.image.number == Int(target * 25))
    stream.resume()
    #expect(await all(of: stream).map(\.time) == (target == 1 ? [1.5] : [1, 1.5]))
  }

  @Test("ends for its consumer when it is stopped, also twice and while paused")
  func stops() async throws {
    var options = options(25)
    options.pace = .realtime
    let stream = try await VideoStream.open(clip, options: options)
    _ = await stream.next()
    stream.pause()
    let next = Task { await stream.next() }
    try await Task.sleep(for: .milliseconds(20))
    stream.stop()
    stream.stop()
    #expect(await next.value == nil)
    stream.seek(to: 0)
    stream.resume()
    #expect(await stream.next() == nil)
  }

  @Test("lets a cancelled task go, and others go on")
  func cancels() async throws {
    let stream = try await VideoStream.open(clip, options: options(5))
    stream.pause()
    let waiting = Task { await stream.next() }
    try await Task.sleep(for: .milliseconds(20))
    waiting.cancel()
    #expect(await waiting.value == nil)
    stream.resume()
    #expect(await stream.next()?.index == 0)
  }

  @Test("gives its screen no more frames a second than asked for")
  func previewRate() async throws {
    var options = options(2)
    options.pace = .realtime
    options.previewSize = ImageSize(width: 32, height: 32)
    options.previewRate = 10
    let start = ContinuousClock.now
    let stream = try await VideoStream.open(clip, options: options)
    let previews = Task {
      var times: [Double] = []
      for await preview in stream.previews { times.append(preview.time) }
      return times
    }
    _ = await all(of: stream)
    stream.stop()
    let times = await previews.value
    // A busy machine may take longer over it than the two seconds of the clip.
    let most = Int((ContinuousClock.now - start) / .seconds(0.1)) + 2
    #expect(!times.isEmpty && times.count <= most, "\(times)")
    #expect(times == times.sorted())
  }

  @Test("frees what it holds when nobody refers to it any more")
  func closesByItself() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(try bytes(of: "constant.mp4"), to: "held.mp4")
    var stream: VideoStream? = try await VideoStream.open(.file(path: path), options: options(25))
    _ = await stream?.next()
    #expect(openFiles().contains(path))
    stream = nil
    for _ in 0..<200 where openFiles().contains(path) { try await Task.sleep(for: .milliseconds(10)) }
    #expect(!openFiles().contains(path))
  }

  @Test("takes any command at any time from any thread")
  func commandsFromEverywhere() async throws {
    var options = options(25)
    options.pace = .realtime
    options.previewSize = ImageSize(width: 16, height: 16)
    let settings = options
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<4 {
        group.addTask {
          var generator = SplitMix64(seed: UInt64(worker))
          for _ in 0..<6 {
            guard let stream = try? await VideoStream.open(clip, options: settings) else {
              Issue.record("the clip could not be opened")
              return
            }
            await withTaskGroup(of: Void.self) { commands in
              for _ in 0..<12 {
                let choice = Int.random(in: 0..<5, using: &generator)
                let target = Double.random(in: -1...3, using: &generator)
                commands.addTask {
                  switch choice {
                  case 0: stream.pause()
                  case 1, 2: stream.resume()
                  case 3: stream.seek(to: target)
                  default: _ = stream.takeWarnings()
                  }
                }
              }
              commands.addTask {
                stream.resume()
                _ = await stream.next()
              }
              commands.addTask {
                try? await Task.sleep(for: .milliseconds(30))
                stream.stop()
              }
            }
            #expect(await stream.next() == nil)
          }
        }
      }
    }
  }

  /// The paths of the files that this process holds open.
  private func openFiles() -> [String] {
    let directory = "/proc/self/fd"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    return names.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\($0)") }
  }
}
