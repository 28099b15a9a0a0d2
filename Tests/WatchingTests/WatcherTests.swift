// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Images
import Inference
import InferenceTestSupport
import TestSupport
import Testing
import Video
import Watching

/// The embedded model on the sample clip, where a cat is in view from 0:01 to 0:08, a person from 0:11 to 0:18, a car
/// from 0:21 to 0:26 and a dog from 0:30 to 0:34.
@Suite("Watching the sample clip", .serialized)
struct WatcherTests {
  private static let embedded = SharedEmbeddedModel()

  private func frames() async throws -> [Frame] {
    let model = try Self.embedded.get()
    let options = try StreamSettings().options(for: model, isHeadless: true)
    let stream = try await VideoStream.open(
      .file(path: Checkout.root.appending(path: "Assets/sample.mp4").path), options: options)
    var frames: [Frame] = []
    for await frame in stream { frames.append(frame) }
    return frames
  }

  private func events(_ watches: [Watch], gate: FrameGate? = nil) async throws -> [WatchEvent] {
    var watcher = try Watcher(watches, model: try Self.embedded.get(), dialogue: DialogueOptions(), gate: gate)
    var events: [WatchEvent] = []
    for frame in try await frames() { events += try watcher.add(frame.image, at: frame.time)?.events ?? [] }
    return events
  }

  @Test("tells of each thing once, while it is there, with a reason in words, and of no other thing")
  func things() async throws {
    let watches = try ["cat", "person", "dog", "truck", "bicycle"].map { try Watch(text: "Did you see a \($0)?") }
    let events = try await events(watches)
    let onsets = events.filter { if case .on = $0.change { true } else { false } }
    #expect(onsets.map(\.watch.name) == [0, 1, 2].map { watches[$0].name })
    for (onset, range) in zip(onsets, [1.0...3.5, 11...13.5, 30...32.5]) { #expect(range.contains(onset.time)) }
    for (onset, thing) in zip(onsets, ["cat", "person", "dog"]) {
      guard case .on(_, let text, _) = onset.change else { continue }
      #expect(text?.contains(thing) == true)
    }
    // The dog's has not ended at the clip's end.
    #expect(events.count { if case .off = $0.change { true } else { false } } >= 2)
  }

  @Test("asked about all that is remembered, a thing that has gone is still told of")
  func since() async throws {
    let now = try Watch(text: "Was there a cat?")
    let since = try Watch(text: "since: Was there a cat?")
    let ends = try await events([now, since]).filter { if case .off = $0.change { true } else { false } }
    #expect(ends.map(\.watch.kind) == [.now])
  }

  @Test("tells that a thing has been missing for a time")
  func missing() async throws {
    let watch = try Watch(text: "missing 12s: Did you see a cat?")
    let events = try await events([watch])
    #expect(events.count == 1 && (19.0...23).contains(events[0].time), "\(events)")
  }
}
