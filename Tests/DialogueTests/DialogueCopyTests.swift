// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute
import Dialogue
import Foundation
import Images
import InferenceTestSupport
import SessionInterface
import TestSupport
import Testing

/// The embedded model on frames that are drawn here.
@Suite("A dialogue and its copy", .serialized)
struct DialogueCopyTests {
  private static let embedded = SharedEmbeddedModel()

  /// How the KV cache of a dialogue is set up.
  struct Setup: Sendable, CustomTestStringConvertible {
    var type: KeyValueType
    var offloads: Bool
    var testDescription: String { type.rawValue + (offloads ? " with offload" : "") }
  }

  private func dialogue(_ setup: Setup, offloadPath: String) throws -> VideoDialogue {
    var options = DialogueOptions()
    options.budget = .tokens(160)
    options.type = setup.type
    options.compression = .published(with: [.proxyQueries])
    options.maximumAnswerTokens = 16
    if setup.offloads { options.offload = OffloadOptions(path: offloadPath, byteCount: 1 << 20) }
    return try VideoDialogue(model: try Self.embedded.get(), options: options)
  }

  private func watch(_ dialogue: VideoDialogue, _ frames: Range<Int>) throws {
    var ingest = FrameIngest(into: dialogue)
    for number in frames {
      var random = SplitMix64(seed: UInt64(number / 6))
      let color = (0..<3).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      var pixels: [UInt8] = []
      for pixel in 0..<112 * 112 {
        let row = pixel / 112 + number * 3
        pixels += row % 112 < 40 ? color : [90, 120, 80]
      }
      try ingest.add(Image(width: 112, height: 112, pixels: pixels), at: Double(number) / 2)
      while try ingest.step() {}
    }
    try ingest.finish()
  }

  /// The retention map and the answers of a dialogue after 40 more frames.
  private func goOn(_ dialogue: VideoDialogue, from frame: Int) throws -> (RetentionMap?, [String]) {
    try watch(dialogue, frame..<frame + 40)
    let answers = try ["What came first?", "What is in view?"].map { try dialogue.answer($0, at: 0).text }
    return (dialogue.retentionMap(), answers)
  }

  @Test(
    "go on in the same way, and neither changes with the other",
    arguments: KeyValueType.allCases.flatMap { type in [false, true].map { Setup(type: type, offloads: $0) } })
  func twins(setup: Setup) throws {
    let folder = try TemporaryFolder()
    let original = try dialogue(setup, offloadPath: folder.path("original.bin"))
    try watch(original, 0..<100)
    _ = try original.answer("What is in view?", at: 0)
    let copy = try VideoDialogue(
      copying: original, offloadPath: setup.offloads ? folder.path("copy.bin") : nil)
    #expect(copy.turns == original.turns && copy.retentionMap() == original.retentionMap())
    let first = try goOn(copy, from: 100)
    #expect(try goOn(copy, from: 140).0 != first.0, "the stream changes what is retained")
    let second = try goOn(original, from: 100)
    #expect(first.0 == second.0 && first.1 == second.1)
  }
}
