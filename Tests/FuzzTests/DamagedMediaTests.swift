// SPDX-License-Identifier: Apache-2.0

import Foundation
import Images
import Platform
import TestSupport
import Testing
import Video

/// Damaged at random, a clip gives frames or is refused, and never ends or occupies the program.
///
/// `CLIPS` says how many, `CLIP_SEED` from where on.
@Suite("A damaged clip")
struct DamagedMediaTests {
  private static let shards: UInt64 = 2
  private static let environment = ProcessInfo.processInfo.environment
  private static let count = environment["CLIPS"].flatMap { UInt64($0) } ?? 150
  private static let seed = environment["CLIP_SEED"].flatMap { UInt64($0) } ?? 0
  private static let sizing = FrameSizing(minimumPixels: 56 * 56, maximumPixels: 112 * 112)
  /// Frames that are read of a clip. A damaged time may promise thousands of still ones.
  private static let mostFrames = 100

  /// Frames that are read behind a jump.
  private static let mostFramesAfterJump = 10

  /// Small clips of every container and codec that the video tests have, and of others that lie beside this file.
  private static func clips() throws -> [[UInt8]] {
    let tests = Checkout.root.appending(path: "Tests")
    let names = [
      "1x1.mkv", "colours-full.mp4", "constant.mp4", "encrypted.mp4", "fragmented.mp4", "gap.ts", "hdr-pq.mp4",
      "joined.ts", "milliseconds.mkv", "odd.mkv", "ribbon.mkv", "rotated-90.mp4", "song-with-cover.mp3", "sound.mp4",
      "starts-at-100s.ts", "still.jpg", "transparent.png", "transparent.webp", "variable.mp4",
      "wide-pixels.mp4",
    ]
    let others = tests.appending(path: "FuzzTests/Media")
    let otherNames = try FileManager.default.contentsOfDirectory(atPath: others.path).filter { !$0.hasSuffix(".sh") }
    let places =
      names.map { tests.appending(path: "VideoTests/Media/" + $0) }
      + otherNames.sorted().map { others.appending(path: $0) }
    let clips = try places.map { Array(try Data(contentsOf: $0)) }
    let transport = clips[names.firstIndex(of: "starts-at-100s.ts") ?? 0]
    // Recordings written one behind the other.
    let joined = [
      ["constant.mp4", "milliseconds.mkv", "joined.ts"], ["gap.ts", "fragmented.mp4"], ["odd.mkv", "odd.mkv"],
    ]
    .map { $0.flatMap { clips[names.firstIndex(of: $0) ?? 0] } }
    return clips + joined + [scrambled(transport, from: 0), scrambled(transport, from: 20)]
  }

  /// A transport stream whose video is scrambled from a packet on.
  private static func scrambled(_ stream: [UInt8], from first: Int) -> [UInt8] {
    var stream = stream
    for packet in stride(from: first * 188, to: stream.count, by: 188) where stream[packet + 1] & 0x1F == 1 {
      stream[packet + 3] |= 0x80
    }
    return stream
  }

  @Test("Gives frames or is refused", arguments: 0..<shards)
  func damage(shard: UInt64) async throws {
    let clips = try Self.clips()
    let folder = try TemporaryFolder()
    let clip = folder.path("clip")
    var opened = 0
    var refused = 0
    var slowest = 0.0
    for number in stride(from: shard, to: Self.count, by: Int(Self.shards)) {
      let seed = Self.seed &+ number
      var mutator = FileMutator(seed: seed)
      try Data(mutator.damaged(clips)).write(to: URL(fileURLWithPath: clip))
      let began = ContinuousClock.now
      do {
        try await watch(clip, seed: seed)
        opened += 1
      } catch let error as VideoError {
        expectMessage(error, seed: seed)
        refused += 1
      }
      await readAsImage(clip, seed: seed)
      let seconds = (ContinuousClock.now - began) / .seconds(1)
      #expect(seconds < 600, "the clip of seed \(seed) takes \(seconds) s")
      slowest = max(slowest, seconds)
    }
    print("shard \(shard): \(opened) clips opened, \(refused) refused; the slowest took \(slowest) s")
    let least = Int(Self.count / Self.shards) / 20
    #expect(opened > least && refused > least, "\(opened) opened, \(refused) refused")
  }

  private func expectMessage(_ error: VideoError, seed: UInt64) {
    #expect(!error.description.isEmpty && error.description.utf8.count < 4096, "seed \(seed)")
  }

  /// Reads a clip's frames, with previews or without, and half of the clips again from somewhere in them.
  private func watch(_ clip: String, seed: UInt64) async throws {
    var random = SplitMix64(seed: ~seed)
    let stream = try await VideoStream.open(
      .file(path: clip),
      options: VideoStreamOptions(
        framesPerSecond: 4, sizing: Self.sizing,
        previewSize: Bool.random(using: &random) ? ImageSize(width: 40, height: 30) : nil, timeout: 60))
    defer { stream.stop() }
    await read(stream, atMost: Self.mostFrames, seed: seed)
    if Bool.random(using: &random) {
      let end = min(stream.description.duration ?? 1, 1e9)
      #expect(end.isFinite, "seed \(seed)")
      if end.isFinite, stream.seek(to: Double.random(in: -0.5..<max(0, end) + 0.5, using: &random)) {
        await read(stream, atMost: Self.mostFramesAfterJump, seed: seed)
      }
    }
    #expect(stream.takeWarnings().allSatisfy { !$0.isEmpty && $0.utf8.count < 4096 }, "seed \(seed)")
  }

  private func read(_ stream: VideoStream, atMost most: Int, seed: UInt64) async {
    var last = -1.0
    for _ in 0..<most {
      guard let frame = await stream.next() else { return }
      #expect(frame.time >= last && frame.time.isFinite, "seed \(seed): \(frame.time) after \(last)")
      #expect(frame.image.pixels.count == frame.image.width * frame.image.height * 3, "seed \(seed)")
      last = frame.time
    }
  }

  /// Reads a clip as an image that is attached to a question, and as one that a world's things are cut from.
  private func readAsImage(_ clip: String, seed: UInt64) async {
    let errors = await withCheckedContinuation { continuation in
      let hasStarted = startThread(name: "images") {
        var errors: [VideoError] = []
        do throws(VideoError) { _ = try StillImage.read(clip, sizing: Self.sizing) } catch { errors.append(error) }
        do throws(VideoError) { _ = try PNGFile.read(clip) } catch { errors.append(error) }
        continuation.resume(returning: errors)
      }
      if !hasStarted { continuation.resume(returning: []) }
    }
    for error in errors { expectMessage(error, seed: seed) }
  }
}
