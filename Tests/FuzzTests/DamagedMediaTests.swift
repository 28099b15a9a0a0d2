// SPDX-License-Identifier: Apache-2.0

import Foundation
import Images
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
  /// Frames that are read of a clip. A damaged time may promise thousands of still ones.
  private static let mostFrames = 100

  /// Small clips of every container and codec that the video tests have.
  private static func clips() throws -> [[UInt8]] {
    let folder = Checkout.root.appending(path: "Tests/VideoTests/Media")
    let names = [
      "1x1.mkv", "colours-full.mp4", "constant.mp4", "encrypted.mp4", "fragmented.mp4", "gap.ts", "hdr-pq.mp4",
      "joined.ts", "milliseconds.mkv", "odd.mkv", "ribbon.mkv", "rotated-90.mp4", "song-with-cover.mp3", "sound.mp4",
      "starts-at-100s.ts", "still.jpg", "transparent.png", "variable.mp4", "wide-pixels.mp4",
    ]
    return try names.map { Array(try Data(contentsOf: folder.appending(path: $0))) }
  }

  @Test("Gives frames or is refused", arguments: 0..<shards)
  func damage(shard: UInt64) async throws {
    let clips = try Self.clips()
    let folder = try TemporaryFolder()
    var opened = 0
    var refused = 0
    for number in stride(from: shard, to: Self.count, by: Int(Self.shards)) {
      let seed = Self.seed &+ number
      var mutator = FileMutator(seed: seed)
      let clip = folder.path("clip")
      try Data(mutator.damaged(clips)).write(to: URL(fileURLWithPath: clip))
      let began = ContinuousClock.now
      do {
        let options = VideoStreamOptions(
          framesPerSecond: 4, sizing: FrameSizing(minimumPixels: 56 * 56, maximumPixels: 112 * 112), timeout: 60)
        let stream = try await VideoStream.open(.file(path: clip), options: options)
        var last = -1.0
        var frames = 0
        while frames < Self.mostFrames, let frame = await stream.next() {
          #expect(frame.time >= last && frame.time.isFinite, "seed \(seed): \(frame.time) after \(last)")
          #expect(frame.image.pixels.count == frame.image.width * frame.image.height * 3, "seed \(seed)")
          last = frame.time
          frames += 1
        }
        stream.stop()
        #expect(stream.takeWarnings().allSatisfy { !$0.isEmpty && $0.utf8.count < 4096 }, "seed \(seed)")
        opened += 1
      } catch {
        #expect(!error.description.isEmpty && error.description.utf8.count < 4096, "seed \(seed)")
        refused += 1
      }
      let seconds = (ContinuousClock.now - began) / .seconds(1)
      #expect(seconds < 600, "the clip of seed \(seed) takes \(seconds) s")
    }
    let least = Int(Self.count / Self.shards) / 20
    #expect(opened > least && refused > least, "\(opened) opened, \(refused) refused")
  }
}
