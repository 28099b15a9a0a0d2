// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Images
import Inference
import InferenceTestSupport
import Testing

@Suite("Of a sparse stream the language model reads what has changed", .serialized)
struct SparseReadingTests {
  private static let sparse = SharedEmbeddedModel(
    ModelLoadingOptions(visionEncoding: .sparse(.q8, isReadSparsely: true)))
  private static let dense = SharedEmbeddedModel()
  private static let side = 112

  private func image(_ left: Int, salt: Int) -> Image {
    var pixels: [UInt8] = []
    for y in 0..<Self.side {
      for x in 0..<Self.side {
        let isSquare = (left..<left + 18).contains(x) && (60..<78).contains(y)
        pixels += isSquare ? [220, 30, 30] : [UInt8(60 + x / 4), UInt8(90 + y / 8), 70]
      }
    }
    // So that no frame is the same as the one before.
    pixels[salt % 300 * 3] ^= 1
    return Image(width: Self.side, height: Self.side, pixels: pixels)
  }

  /// Reads frames of two a second.
  private func read(_ model: LoadedModel, budget: Int, seconds: Int, left: (Int) -> Int) throws -> VideoDialogue {
    var options = DialogueOptions()
    options.budget = .tokens(budget)
    let dialogue = try VideoDialogue(model: model, options: options)
    var ingest = FrameIngest(into: dialogue)
    for frame in 0..<seconds * 2 {
      try ingest.add(image(left(frame), salt: frame), at: Double(frame) / 2)
      while try ingest.step() {}
      #expect(dialogue.cache.count <= budget)
    }
    return dialogue
  }

  @Test("An hour of quiet takes some dozen tokens, and the view stays whole")
  func quiet() throws {
    let dialogue = try read(try Self.sparse.get(), budget: 512, seconds: 3600) { _ in 300 }
    #expect(dialogue.visionTokensRead < 120, "\(dialogue.visionTokensRead)")
    #expect(dialogue.cache.compressionCount == 0)
    let dense = try read(try Self.dense.get(), budget: 512, seconds: 60) { _ in 300 }
    #expect(dense.visionTokensRead == 60 * 16)
  }

  @Test("Something that moves is read with fewer tokens than the whole, within the budget")
  func moving() throws {
    let left = { (frame: Int) in frame % 120 < 30 ? 10 + frame % 120 * 3 : 300 }
    let sparse = try read(try Self.sparse.get(), budget: 160, seconds: 240, left: left)
    #expect(sparse.cache.compressionCount > 0)
    #expect(sparse.visionTokensRead < 240 * 16 / 2 && sparse.visionTokensRead > 300, "\(sparse.visionTokensRead)")
  }

  @Test("The budget that the embedded model is meant for is half of that for dense streams")
  func budget() throws {
    #expect(try Self.dense.get().preferences.budget == .tokens(512))
    #expect(try Self.sparse.get().preferences.budget == .tokens(256))
    // Larger frames than the model's own take more of it.
    let large = SharedEmbeddedModel(
      ModelLoadingOptions(maximumPixels: 200_704, visionEncoding: .sparse(.q8, isReadSparsely: true)))
    #expect(try large.get().preferences.budget == .tokens(512))
  }

  @Test("Questions are answered, also of a copy, and more frames may follow")
  func answers() throws {
    let model = try Self.sparse.get()
    let dialogue = try read(model, budget: 160, seconds: 120) { 10 + $0 % 60 }
    let copy = try VideoDialogue(copying: dialogue)
    let answers = try [dialogue, copy].map { dialogue in
      try dialogue.answer("What is in view now?", at: 120).text
    }
    #expect(!answers[0].isEmpty && answers[0] == answers[1])
  }
}
