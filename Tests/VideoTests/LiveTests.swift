// SPDX-License-Identifier: Apache-2.0

import Foundation
import Images
import TestSupport
import Testing
import Video

@Suite("A live source")
struct LiveTests {
  @Test("that goes says so at once, without anybody taking frames, and says when it is back")
  func signalLoss() async throws {
    let contents = try bytes(of: "starts-at-100s.ts")
    let gate = LoopbackMediaServer.Gate()
    let server = try LoopbackMediaServer { number in
      switch number {
      case 0: .stream(contents)
      case 1: .parts([contents, []], gate)
      default: .hangUp
      }
    }
    defer { server.stop() }
    var options = options(5)
    options.reconnection = .init(firstDelay: 0.01, longestDelay: 0.01)
    let stream = try await VideoStream.open(VideoSource(server.address("live.ts")), options: options)
    var states: [Bool] = []
    var warnings: [String] = []
    for await _ in stream.notices {
      states.append(stream.signalLoss != nil)
      warnings += stream.takeWarnings()
      if warnings.contains(where: { $0.contains("broke off") }), states.contains(true) { gate.allow(parts: 1) }
      if warnings.contains(where: { $0.contains("is back after") }), states.last == false { break }
    }
    #expect(warnings.count == 2, "\(warnings)")
    stream.stop()
  }

  @Test("is tried again for as long as it takes")
  func neverEnds() async throws {
    let contents = try bytes(of: "starts-at-100s.ts")
    let server = try LoopbackMediaServer { $0 == 0 || $0 == 30 ? .stream(contents) : .hangUp }
    defer { server.stop() }
    var options = options(5)
    options.queue = .wait
    options.reconnection = .init(firstDelay: 0.01, longestDelay: 0.01)
    let stream = try await VideoStream.open(VideoSource(server.address("live.ts")), options: options)
    // Five frames of each time that it answers.
    for _ in 0..<8 { #expect(await stream.next() != nil) }
    stream.stop()
  }

  @Test("that sends all that it kept while it was away does not run ahead of the clock")
  func keptFrames() async throws {
    let second = try bytes(of: "starts-at-100s.ts")
    let kept = (0..<40).flatMap { _ in second }
    let server = try LoopbackMediaServer { $0 == 0 ? .stream(second) : .stalledStream(kept) }
    defer { server.stop() }
    var options = options(5)
    options.queue = .wait
    options.reconnection = .init(firstDelay: 0.01, longestDelay: 0.01)
    let opening = ContinuousClock.now
    let stream = try await VideoStream.open(VideoSource(server.address("live.ts")), options: options)
    var time = 0.0
    while time < 5, let frame = await stream.next() { time = frame.time }
    // The first connection was a second ahead, and a second is allowed.
    #expect(time >= 5 && .seconds(time) < opening.duration(to: .now) + .seconds(2.5), "\(time)")
    stream.stop()
  }

  @Test("whose timestamps jump ahead goes on by the clock", .timeLimit(.minutes(2)))
  func jumpingTimestamps() async throws {
    // A second each. Of its own times the second part comes 100 s behind the first, and the third 200 s behind that.
    let part = try bytes(of: "starts-at-100s.ts")
    let contents = part + shifted(part, by: 100) + shifted(part, by: 300)
    let server = try LoopbackMediaServer { _ in .stalledStream(contents) }
    defer { server.stop() }
    var options = options(10)
    options.queue = .wait
    let opening = ContinuousClock.now
    let stream = try await VideoStream.open(VideoSource(server.address("live.ts")), options: options)
    for _ in 0..<25 {
      // Three seconds were sent at once.
      let time = try #require(await stream.next()).time
      #expect(.seconds(time) < opening.duration(to: .now) + .seconds(4), "\(time)")
    }
    stream.stop()
  }

  @Test("that falls silent is let go of while it is tried again", .timeLimit(.minutes(2)))
  func letsGo() async throws {
    let contents = try bytes(of: "starts-at-100s.ts")
    let server = try LoopbackMediaServer { _ in .stalledStream(contents) }
    defer { server.stop() }
    var options = options(5)
    options.timeout = 3
    options.reconnection = .init(firstDelay: 3600, longestDelay: 3600)
    let stream = try await VideoStream.open(VideoSource(server.address("live.ts")), options: options)
    while server.openAnswers > 0 { try await Task.sleep(for: .milliseconds(20)) }
    #expect(stream.signalLoss != nil)
    stream.stop()
  }

  @Test("that falls silent is noticed after the time-out, and is away since its last frame", .timeLimit(.minutes(2)))
  func silence() async throws {
    let contents = try bytes(of: "starts-at-100s.ts")
    let server = try LoopbackMediaServer { _ in .stalledStream(contents) }
    defer { server.stop() }
    var options = options(5)
    options.reconnection = .init(firstDelay: 3600, longestDelay: 3600)
    // A busy machine notices late.
    for timeout in [2.0, 4, 16] {
      options.timeout = timeout
      let stream = try await VideoStream.open(VideoSource(server.address("live.ts")), options: options)
      while stream.signalLoss == nil { try await Task.sleep(for: .milliseconds(20)) }
      let away = Date().timeIntervalSince1970 - (try #require(stream.signalLoss)).date
      stream.stop()
      #expect(away >= timeout)
      if away < 1.9 * timeout { return }
    }
    Issue.record("it was noticed twice as late")
  }

  @Test("whose first frames come so slowly that the look at them is ended is not taken for silent")
  func slowBeginning() async throws {
    let contents = try bytes(of: "starts-at-100s.ts")
    let half = contents.count / 376 * 188
    var warnings: [String] = []
    // On a busy machine the second part may come too late for a short time-out.
    for timeout in [2.0, 10, 50] {
      let gate = LoopbackMediaServer.Gate()
      let server = try LoopbackMediaServer { number in
        number == 0 ? .parts([Array(contents[..<half]), Array(contents[half...]), []], gate) : .hangUp
      }
      defer { server.stop() }
      gate.allow(parts: 1)
      var options = options(5)
      options.timeout = timeout
      options.reconnection = .init(limit: .never)
      let stream = try await VideoStream.open(VideoSource(server.address("live.ts")), options: options)
      gate.allow(parts: 2)
      var time = 0.0
      while time < 0.8, let frame = await stream.next() { time = frame.time }
      let failure = stream.failure
      warnings = stream.takeWarnings() + (failure.map { [$0.description] } ?? [])
      stream.stop()
      if time >= 0.8, warnings.isEmpty { return }
    }
    Issue.record("\(warnings)")
  }

  @Test("whose video goes on under the number that was the sound's says so", .timeLimit(.minutes(4)))
  func otherStreams() async throws {
    let contents = try bytes(of: "swapped.ts")
    let second = try #require(recordings(of: contents).last)
    var failure: VideoError?
    // On a busy machine the second part may come too late for a short time-out.
    for timeout in [3.0, 12, 50] {
      let gate = LoopbackMediaServer.Gate()
      let server = try LoopbackMediaServer {
        $0 == 0 ? .parts([Array(contents[..<second]), Array(contents[second...]), []], gate) : .hangUp
      }
      defer { server.stop() }
      var options = options(5)
      options.timeout = timeout
      options.reconnection = .init(limit: .never)
      gate.allow(parts: 1)
      let stream = try await VideoStream.open(VideoSource(server.address("live.ts")), options: options)
      gate.allow(parts: 2)
      let count = await all(of: stream).count
      failure = stream.failure
      let reason = "its video goes on in another stream"
      if count >= 5, failure == .brokeOff(source: server.address("live.ts"), detail: reason) { return }
    }
    Issue.record("\(String(describing: failure))")
  }

  @Test("that breaks off and is not to be tried again is said to have broken off, once")
  func brokenOff() async throws {
    let contents = try bytes(of: "starts-at-100s.ts")
    let server = try LoopbackMediaServer { _ in .stream(contents) }
    defer { server.stop() }
    var options = options(5)
    options.reconnection = .init(limit: .never)
    let stream = try await VideoStream.open(VideoSource(server.address("live.ts")), options: options)
    #expect(await !all(of: stream).isEmpty)
    #expect(stream.failure == .brokeOff(source: server.address("live.ts"), detail: "the sender ended it"))
    #expect(stream.takeWarnings() == [])
  }

  @Test("that comes back scrambled is said to be encrypted", .timeLimit(.minutes(2)))
  func becomesScrambled() async throws {
    let contents = try bytes(of: "starts-at-100s.ts")
    let server = try LoopbackMediaServer { $0 == 0 ? .stream(contents) : .endlessStream(scrambled(contents)) }
    defer { server.stop() }
    var options = options(5)
    options.timeout = 2
    options.reconnection = .init(firstDelay: 0.01, longestDelay: 0.01)
    let stream = try await VideoStream.open(VideoSource(server.address("live.ts")), options: options)
    var warnings: [String] = []
    for await _ in stream.notices {
      warnings += stream.takeWarnings()
      if warnings.contains(where: { $0.contains("encrypted") }) { break }
    }
    #expect(warnings.count { $0.contains("encrypted") } == 1, "\(warnings)")
    stream.stop()
  }

  @Test("has let go of its source once it is closed")
  func closes() async throws {
    let contents = try bytes(of: "starts-at-100s.ts")
    let server = try LoopbackMediaServer { _ in .stalledStream(contents) }
    defer { server.stop() }
    let stream = try await VideoStream.open(VideoSource(server.address("live.ts")), options: options(5))
    #expect(!stream.isClosed)
    await stream.close()
    #expect(stream.isClosed)
  }

  @Test("whose next frame is long in coming is sampled by the clock, and nothing is dropped")
  func heldFrame() async throws {
    let contents = try bytes(of: "starts-at-100s.ts")
    let server = try LoopbackMediaServer { _ in .stalledStream(contents) }
    defer { server.stop() }
    var options = options(5)
    options.previewSize = ImageSize(width: 16, height: 16)
    // Nothing is dropped because this machine is busy.
    options.queueCapacity = 1000
    let stream = try await VideoStream.open(VideoSource(server.address("live.ts")), options: options)
    var frames: [Frame] = []
    while frames.count < 10, let frame = await stream.next() { frames.append(frame) }
    #expect(frames.map(\.index) == Array(0..<10))
    // The decoder may keep the very last frames until more comes.
    #expect(frames[5...].allSatisfy { $0.image == frames[9].image })
    #expect(stream.droppedCount == 0)
    // A pause leaves out the instants that pass. Frames that waited before it come first.
    stream.pause()
    let waiting = stream.waitingCount
    try await Task.sleep(for: .milliseconds(1000))
    stream.resume()
    var indices = [9]
    var hasGap = false
    while !hasGap, indices.count < waiting + 50, let frame = await stream.next() {
      hasGap = frame.index > indices[indices.count - 1] + 1
      indices.append(frame.index)
    }
    #expect(hasGap, "\(waiting) waiting: \(indices)")
    var previews = stream.previews.makeAsyncIterator()
    #expect(try #require(await previews.next()).time > 0.9)
    stream.stop()
  }

  @Test("is a playlist that its sender has not closed")
  func playlist() async throws {
    let contents = try bytes(of: "starts-at-100s.ts")
    let list = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1.0,\nsegment.ts\n"
    for isClosed in [false, true] {
      let text = Array((list + (isClosed ? "#EXT-X-ENDLIST\n" : "")).utf8)
      let server = try LoopbackMediaServer { _, path in path.hasSuffix(".ts") ? .wholeFile(contents) : .wholeFile(text)
      }
      defer { server.stop() }
      var options = options(5)
      options.queueCapacity = 1000
      let stream = try await VideoStream.open(VideoSource(server.address("live.m3u8")), options: options)
      #expect(stream.description.isLive == !isClosed)
      #expect(await stream.next()?.index == 0)
      stream.stop()
    }
  }

  @Test("shows the stream time of the frame that came latest after its time")
  func clock() {
    var clock = LiveClock(isPlaylist: true)
    #expect(clock.streamTime(at: 5) == nil)
    // A playlist sends many frames at once.
    for frame in 0..<10 { clock.note(frameAt: Double(frame), arrivingAt: 100) }
    #expect(clock.streamTime(at: 103) == 3)
    // One that comes late moves the clock back, and is forgotten by and by.
    clock.note(frameAt: 10, arrivingAt: 113)
    #expect(clock.streamTime(at: 113) == 10)
    for second in 1...400 { clock.note(frameAt: 10 + Double(second), arrivingAt: 110 + Double(second)) }
    #expect(clock.streamTime(at: 510) == 410)
  }

  @Test("shows the stream time of the frame that came soonest, of those that were kept while it was opened")
  func clockBehindOpening() throws {
    var clock = LiveClock(isPlaylist: false)
    // Five seconds of stream while the source was opened, then as it comes.
    for frame in 0..<25 { clock.note(frameAt: Double(frame) / 5, arrivingAt: 100) }
    for frame in 25..<30 { clock.note(frameAt: Double(frame) / 5, arrivingAt: 100 + Double(frame - 25) / 5) }
    #expect(abs(try #require(clock.streamTime(at: 101)) - 6) < 1e-9)
    clock.note(frameAt: 6, arrivingAt: 102)
    #expect(clock.streamTime(at: 102) == 6)
  }

  @Test("has frames that were due by the one that came soonest, whatever came late")
  func dueTimes() throws {
    var clock = LiveClock(isPlaylist: false)
    #expect(clock.dueTime(ofFrameAt: 0) == nil)
    for frame in 0..<10 { clock.note(frameAt: Double(frame), arrivingAt: 100 + Double(frame)) }
    clock.note(frameAt: 10, arrivingAt: 115)
    let due = try #require(clock.dueTime(ofFrameAt: 10))
    #expect(due >= 110 && due < 110.1)
    clock.delay(by: 2)
    #expect(try #require(clock.dueTime(ofFrameAt: 12)) == due)
    var playlist = LiveClock(isPlaylist: true)
    playlist.note(frameAt: 0, arrivingAt: 100)
    #expect(playlist.dueTime(ofFrameAt: 0) == nil)
  }

  @Test("that was away and sends what it kept shows it no more than a second before it came")
  func resumedEarly() {
    var times = ResumedTimes(firstFrameAt: 60, openedAt: 100, arrivingAt: 102)
    #expect(times.delay(ofFrameAt: 63, arrivingAt: 102) == 0)
    #expect(times.delay(ofFrameAt: 90, arrivingAt: 102.5) == -26.5)
    // The frames after it were moved with it.
    #expect(times.delay(ofFrameAt: 64, arrivingAt: 103.5) == 0)
    #expect(times.delay(ofFrameAt: 164, arrivingAt: 120) == -83)
  }

  @Test("that was away and lost what it sent while it was opened makes good for it after a second")
  func resumedLate() {
    var times = ResumedTimes(firstFrameAt: 60, openedAt: 100, arrivingAt: 106)
    #expect(times.delay(ofFrameAt: 60.5, arrivingAt: 106) == 0)
    #expect(times.delay(ofFrameAt: 61, arrivingAt: 106.75) == 0)
    #expect(times.delay(ofFrameAt: 62, arrivingAt: 107.5) == 5.5)
    #expect(times.delay(ofFrameAt: 68, arrivingAt: 108) == 0)
    // Of a slow camera the second frame says it.
    var slow = ResumedTimes(firstFrameAt: 60, openedAt: 100, arrivingAt: 103)
    #expect(slow.delay(ofFrameAt: 66, arrivingAt: 109) == 3)
  }

  @Test("that is a playlist and sends at once what it missed shows it no more than a segment and a second early")
  func resumedPlaylist() {
    var times = ResumedTimes(streamTime: 60, openedAt: 100, segment: 4)
    #expect(times.delay(ofFrameAt: 50, arrivingAt: 100) == 0)
    #expect(times.delay(ofFrameAt: 64.5, arrivingAt: 100) == 0)
    #expect(times.delay(ofFrameAt: 66.5, arrivingAt: 100.5) == -1)
    #expect(times.delay(ofFrameAt: 180, arrivingAt: 101) == -114)
    #expect(times.delay(ofFrameAt: 67, arrivingAt: 102) == 0)
  }

  @Test("is tried after delays that double, and soon again once it has stayed")
  func schedule() {
    var schedule = ReconnectionSchedule(.init(limit: .seconds(60), firstDelay: 1, longestDelay: 10))
    schedule.noteReached(at: 0, clock: 0)
    schedule.noteLost(at: 100)
    var delays: [Double] = []
    var now = 100.0
    while let delay = schedule.delay(at: now), delays.count < 100 {
      delays.append(delay)
      now += delay
      schedule.countTry()
    }
    #expect(delays == [1, 2, 4, 8, 10, 10, 10, 10, 5])
    // Back for a moment: the delay stays long, the time begins again.
    schedule.noteReached(at: 60, clock: 160)
    schedule.noteLost(at: 163)
    #expect(schedule.delay(at: 163) == 10 && schedule.tries == 0)
    schedule.noteReached(at: 60, clock: 200)
    schedule.noteLost(at: 210)
    #expect(schedule.delay(at: 210) == 1)
    // One that answers without anything new is not waited for any longer than it takes to add something.
    for _ in 0..<4 { schedule.countTry() }
    schedule.noteAnswer(addingEvery: 2)
    #expect(schedule.delay(at: 211) == 2)
    schedule.countTry()
    #expect(schedule.delay(at: 213) == 10)
    #expect(ReconnectionSchedule(.init(limit: .never)).delay(at: 0) == nil)
    #expect(ReconnectionSchedule(.init(limit: .always)).delay(at: 1e9) == 0.5)
  }
}
