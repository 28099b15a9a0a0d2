// SPDX-License-Identifier: Apache-2.0

import Foundation
import Images
import TestSupport
import Testing
import Video

@Suite("A source that sends")
struct NetworkTests {
  @Test("a file over http is read like one on this machine, and can be moved in")
  func httpFile() async throws {
    let contents = try bytes(of: "constant.mp4")
    let server = try LoopbackMediaServer { _ in .file(contents) }
    defer { server.stop() }
    let stream = try await VideoStream.open(VideoSource(server.address("clip.mp4")), options: options(5))
    #expect(!stream.description.isLive && stream.description.isSeekable)
    #expect(await all(of: stream).map(\.image.number) == [0, 5, 10, 15, 20, 25, 30, 35, 40, 45])
    stream.seek(to: 1.2)
    #expect(await stream.next()?.image.number == 30)
    #expect(stream.takeWarnings() == [])
  }

  @Test("a playlist's segment is read to its end, also where the playlist says that it is shorter")
  func longSegment() async throws {
    let contents = try bytes(of: "gap.ts")
    // The segment lasts 32 s, 30 of them between two frames.
    let list = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5.0,\nsegment.ts\n#EXT-X-ENDLIST\n"
    let server = try LoopbackMediaServer { _, path in
      .wholeFile(path.hasSuffix(".ts") ? contents : Array(list.utf8))
    }
    defer { server.stop() }
    let stream = try await VideoStream.open(VideoSource(server.address("recording.m3u8")), options: options(1))
    let frames = await all(of: stream)
    #expect(frames.map(\.index) == Array(0..<32))
    #expect(frames.last?.image.number == 10)
    #expect(stream.takeWarnings() == [])
  }

  @Test("a playlist whose video ends long before it should is called cut off, with or without sound")
  func playlistCutOff() async throws {
    let contents = try bytes(of: "swapped.ts")
    let second = try #require(recordings(of: contents).last)
    let (red, blue) = (Array(contents[..<second]), Array(contents[second...]))
    // FFmpeg does not follow the video under the number that was the sound's.
    let list = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\nred.ts\n#EXTINF:2.0,\nblue.ts\n#EXT-X-ENDLIST\n"
    let server = try LoopbackMediaServer { _, path in
      .wholeFile(path.hasSuffix("red.ts") ? red : path.hasSuffix("blue.ts") ? blue : Array(list.utf8))
    }
    defer { server.stop() }
    let stream = try await VideoStream.open(VideoSource(server.address("recording.m3u8")), options: options(5))
    #expect(await all(of: stream).count < 12)
    let warnings = stream.takeWarnings()
    #expect(warnings.contains { $0.contains("is cut off: it ends at 2.") && $0.contains("of 4.0 s") }, "\(warnings)")
  }

  @Test("a pipe whose video goes on under the number that was the sound's says so")
  func otherStreamsInPipe() async throws {
    let contents = try bytes(of: "swapped.ts")
    let server = try LoopbackMediaServer { _ in .wholeFile(contents) }
    defer { server.stop() }
    let stream = try await VideoStream.open(VideoSource(server.address("joined.ts")), options: options(5))
    #expect(await all(of: stream).count < 12)
    let warnings = stream.takeWarnings()
    #expect(warnings.contains { $0.contains("its video goes on in another stream") }, "\(warnings)")
  }

  @Test("a live stream that breaks off is reached again, its time going on")
  func reconnects() async throws {
    let contents = try bytes(of: "starts-at-100s.ts")
    let server = try LoopbackMediaServer { $0 == 0 || $0 == 3 ? .stream(contents) : .hangUp }
    defer { server.stop() }
    var options = options(5)
    options.queue = .wait
    options.reconnection = .init(limit: .seconds(1), firstDelay: 0.05, longestDelay: 0.1)
    let stream = try await VideoStream.open(VideoSource(server.address("live.ts")), options: options)
    #expect(stream.description.isLive && !stream.description.isSeekable && stream.description.duration == nil)
    #expect(!stream.seek(to: 0))
    var frames: [Frame] = []
    for await frame in stream { frames.append(frame) }
    #expect(frames.prefix(5).map(\.image.number) == [0, 5, 10, 15, 20])
    // Two tries were hung up on, the third was answered, and after it nobody answered for a second.
    #expect(frames.count >= 10)
    #expect(frames.map(\.time) == frames.map(\.time).sorted())
    #expect(try #require(frames.last).time > 1.7)
    let warnings = stream.takeWarnings()
    // The second loss follows the first too soon to be spoken of, unless this machine is busy.
    #expect((1...2).contains(warnings.filter { $0.contains("broke off") }.count), "\(warnings)")
    #expect((1...2).contains(warnings.filter { $0.contains("is back after") }.count), "\(warnings)")
    #expect(warnings.last?.contains("could not be reached again (tries: ") == true, "\(warnings)")
    #expect(stream.failure != nil && stream.signalLoss != nil)
  }

  @Test("a live stream that is paused goes on with what is sent then, not with what it missed")
  func pausesLive() async throws {
    var indices: [Int] = []
    // The reader needs time to miss what is sent in the pause, and a busy machine gives it little.
    for seconds in [1, 4, 16] {
      indices = try await indicesAroundPause(of: .seconds(seconds))
      if zip(indices, indices.dropFirst()).contains(where: { $1 - $0 > 1 }) { break }
    }
    // The last frame of a part may only come out with the next part, and is shown until then.
    #expect(zip(indices, indices.dropFirst()).contains { $1 - $0 > 1 }, "\(indices)")
    #expect(indices.suffix(3) == [12, 13, 14])
  }

  /// The frames of a live source that sends three recordings of a second each, the second in a pause.
  private func indicesAroundPause(of pause: Duration) async throws -> [Int] {
    let joined = try bytes(of: "joined.ts")
    let parts = [Array(joined[..<(188 * 49)]), Array(joined[(188 * 49)...]), Array(joined[..<(188 * 49)])]
    let gate = LoopbackMediaServer.Gate()
    let server = try LoopbackMediaServer { _ in .parts(parts, gate) }
    defer { server.stop() }
    gate.allow(parts: 1)
    var options = options(5)
    options.queue = .wait
    options.reconnection.limit = .never
    let stream = try await VideoStream.open(VideoSource(server.address("live.ts")), options: options)
    #expect(await stream.next()?.index == 0)
    stream.pause()
    gate.allow(parts: 2)
    try await Task.sleep(for: pause)
    stream.resume()
    gate.allow(parts: 3)
    return [0] + (await all(of: stream).map(\.index))
  }

  @Test("a file from a server that only sends whole files is a file all the same")
  func wholeFile() async throws {
    let contents = try bytes(of: "starts-at-100s.ts")
    let server = try LoopbackMediaServer { _ in .wholeFile(contents) }
    defer { server.stop() }
    let stream = try await VideoStream.open(VideoSource(server.address("clip.ts")), options: options(5))
    #expect(!stream.description.isLive && !stream.description.isSeekable)
    #expect(await all(of: stream).map(\.image.number) == [0, 5, 10, 15, 20])
    #expect(stream.takeWarnings() == [])
  }

  @Test("a recording without a stated length that comes faster than time ends, and is not fetched again")
  func recordingWithoutLength() async throws {
    var contents: [UInt8] = []
    // Few frames of a long recording: however busy the machine, it comes faster than time.
    for _ in 0..<400 { contents += try bytes(of: "starts-at-100s.ts") }
    let recording = contents
    let server = try LoopbackMediaServer { _ in .stream(recording) }
    defer { server.stop() }
    var options = options(0.05)
    options.queue = .wait
    let stream = try await VideoStream.open(VideoSource(server.address("clip.ts")), options: options)
    #expect(stream.description.isLive)
    #expect(await all(of: stream).map(\.index) == Array(0..<20))
    #expect(stream.failure == nil)
  }

  @Test("a camera's JPEG images are read also without a boundary before the first")
  func imagesWithoutBoundary() async throws {
    let image = try bytes(of: "still.jpg")
    let part = Array("Content-Type: image/jpeg\r\nContent-Length: \(image.count)\r\n\r\n".utf8) + image
    let contents = part + (0..<8).flatMap { _ in Array("\r\n--frame\r\n".utf8) + part }
    let server = try LoopbackMediaServer { _ in .images(contents) }
    defer { server.stop() }
    let stream = try await VideoStream.open(VideoSource(server.address("stream")), options: options(5))
    #expect(stream.description.isLive && stream.description.size == ImageSize(width: 64, height: 48))
    #expect(try #require(await stream.next()).image.color(0.25, 0.25).isNear(.red, within: 12))
    stream.stop()
  }

  @Test("a camera's JPEG images are read also without any container, at the time at which they come")
  func imagesAlone() async throws {
    let image = try bytes(of: "still.jpg")
    let gate = LoopbackMediaServer.Gate()
    // Less than FFmpeg wants to see before it knows a container, but twice what is asked for here.
    let begin = Array((0..<(1 << 17) / image.count).flatMap { _ in image })
    let server = try LoopbackMediaServer { _ in .parts([begin, []], gate) }
    defer { server.stop() }
    gate.allow(parts: 1)
    let stream = try await VideoStream.open(VideoSource(server.address("stream")), options: options(5))
    #expect(stream.description.isLive && stream.description.codec == "mjpeg")
    #expect(try #require(await stream.next()).image.color(0.25, 0.25).isNear(.red, within: 12))
    stream.stop()
    gate.allow(parts: 2)
  }

  @Test("a camera that refuses RTSP over TCP is watched over UDP")
  func cameraWithoutTCP() async throws {
    let camera = try LoopbackRTSPServer(sending: try bytes(of: "starts-at-100s.ts"))
    defer { camera.stop() }
    let stream = try await VideoStream.open(VideoSource(camera.address), options: options(5))
    #expect(stream.description.isLive && stream.description.size == ImageSize(width: 64, height: 48))
    #expect(await stream.next() != nil)
    #expect(camera.transports.first?.contains("TCP") == true)
    #expect(camera.transports.last?.contains("client_port") == true)
    stream.stop()
  }

  @Test("a web page is no video, and no camera that is away", arguments: [true, false])
  func webPage(hasLength: Bool) async throws {
    let page = Array("<html><body>Log in, please.</body></html>".utf8)
    let server = try LoopbackMediaServer { _ in hasLength ? .wholeFile(page) : .stream(page) }
    defer { server.stop() }
    do {
      _ = try await VideoStream.open(VideoSource(server.address("stream")), options: options())
      Issue.record("it was opened")
    } catch {
      guard case .notAVideo = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test("an mp4 that cannot be read from the front says what to do")
  func indexAtEnd() async throws {
    // The index moved behind the frames, as most programs write it; it then points to the wrong places, but the
    // reader never gets as far.
    let whole = try bytes(of: "constant.mp4")
    let index = try #require(whole.firstRange(of: Array("moov".utf8))).lowerBound - 4
    let frames =
      try #require(whole.firstRange(of: Array("free".utf8)) ?? whole.firstRange(of: Array("mdat".utf8)))
      .lowerBound - 4
    let contents = Array(whole[..<index] + whole[frames...] + whole[index..<frames])
    let server = try LoopbackMediaServer { _ in .wholeFile(contents) }
    defer { server.stop() }
    let source = VideoSource(server.address("clip.mp4"))
    await #expect(throws: VideoError.indexAtEnd(source: source.displayName)) {
      try await VideoStream.open(source, options: options())
    }
  }

  @Test("a stop ends a read that is waiting for the sender promptly")
  func stopsWhileBlocked() async throws {
    let contents = try bytes(of: "starts-at-100s.ts")
    let server = try LoopbackMediaServer { _ in .stalledStream(contents) }
    defer { server.stop() }
    var options = options(5)
    options.timeout = 60
    let stream = try await VideoStream.open(VideoSource(server.address("live.ts")), options: options)
    _ = await stream.next()
    let waiting = Task { await all(of: stream) }
    try await Task.sleep(for: .milliseconds(100))
    let start = ContinuousClock.now
    stream.stop()
    _ = await waiting.value
    while !stream.isClosed, ContinuousClock.now - start < .seconds(40) { try await Task.sleep(for: .milliseconds(5)) }
    // FFmpeg asks every tenth of a second, and would wait for a minute; the rest is for a busy machine.
    #expect(ContinuousClock.now - start < .seconds(40))
  }

  @Test("a sender that says nothing fails after the time-out, or when the task is cancelled")
  func silence() async throws {
    let server = try LoopbackMediaServer { _ in .stalledStream([]) }
    defer { server.stop() }
    let source = VideoSource(server.address("live.ts"))
    var options = options()
    options.timeout = 0.3
    await #expect(throws: VideoError.timedOut(source: source.displayName, seconds: 0.3)) {
      try await VideoStream.open(source, options: options)
    }
    options.timeout = 60
    let patient = options
    let opening = Task { try await VideoStream.open(source, options: patient) }
    try await Task.sleep(for: .milliseconds(100))
    let start = ContinuousClock.now
    opening.cancel()
    await #expect(throws: VideoError.cancelled(source: source.displayName)) { try await opening.value }
    #expect(ContinuousClock.now - start < .seconds(40))
  }

  @Test("a pipe is read to its end, and a stop ends the wait for it")
  func pipe() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path("pipe")
    #expect(mkfifo(path, 0o600) == 0)
    let contents = try bytes(of: "joined.ts")
    let writer = Task.detached { try Data(contents).write(to: URL(fileURLWithPath: path), options: []) }
    let stream = try await VideoStream.open(.file(path: path), options: options(5))
    #expect(!stream.description.isSeekable)
    #expect(await all(of: stream).count == 10)
    try await writer.value

    // Nobody writes yet.
    let opening = Task { try await VideoStream.open(.file(path: path)) }
    try await Task.sleep(for: .milliseconds(50))
    let start = ContinuousClock.now
    opening.cancel()
    await #expect(throws: VideoError.cancelled(source: path)) { try await opening.value }
    #expect(ContinuousClock.now - start < .seconds(40))
  }

  @Test("a pipe that nobody opens for writing is an error after the time-out, and one whose writer is idle is not")
  func pipeWithoutWriter() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path("pipe")
    #expect(mkfifo(path, 0o600) == 0)
    var impatient = options(5)
    impatient.timeout = 0.2
    let error = await #expect(throws: VideoError.self) {
      try await VideoStream.open(.file(path: path), options: impatient)
    }
    #expect(error?.description.contains("no program writes this pipe") == true, "\(String(describing: error))")

    let writer = open(path, O_RDWR | O_CLOEXEC)
    defer { close(writer) }
    let opening = Task { [impatient] in try await VideoStream.open(.file(path: path), options: impatient) }
    try await Task.sleep(for: .milliseconds(600))
    opening.cancel()
    await #expect(throws: VideoError.cancelled(source: path)) { try await opening.value }
  }
}
