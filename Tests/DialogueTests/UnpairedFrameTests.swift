// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import ConstrainedDecoding
import Dialogue
import Images
import Inference
import InferenceTestSupport
import Records
import SessionInterface
import TestSupport
import Testing

/// Models that read frames in pairs, on frames that are drawn here.
@Suite("A frame that waits for its partner", .serialized)
struct UnpairedFrameTests {
  private static let embedded = SharedEmbeddedModel()

  private func dialogue(_ kind: TestedModel, budget: Int = 2048) throws -> VideoDialogue {
    var options = DialogueOptions()
    options.budget = .tokens(budget)
    options.maximumAnswerTokens = 12
    return try VideoDialogue(model: try kind.load(Self.embedded), options: options)
  }

  /// An image of the side that both models take, which differs from number to number.
  private func image(_ number: Int, side: Int) -> Image {
    var random = SplitMix64(seed: UInt64(number))
    let color = (0..<3).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    var pixels: [UInt8] = []
    for pixel in 0..<side * side { pixels += (pixel / side + number * 5) % side < 40 ? color : [90, 120, 80] }
    return Image(width: side, height: side, pixels: pixels)
  }

  /// Whether the same is cached of the stream.
  private func sameVision(_ one: VideoDialogue, _ other: VideoDialogue) -> Bool { vision(one) == vision(other) }

  private func vision(_ dialogue: VideoDialogue) -> [[[UInt16]]] {
    dialogue.forgetConversation()
    let cache = dialogue.cache
    return (0..<cache.shape.layers).flatMap { layer in
      (0..<cache.shape.keyValueHeads).flatMap {
        [cache.keyRows(layer: layer, head: $0), cache.valueRows(layer: layer, head: $0)]
      }
    }
  }

  /// A dialogue about a number of frames.
  ///
  /// - Parameter asking: whether something is asked after a frame.
  private func watch(
    _ kind: TestedModel, frames: Int, budget: Int = 2048, asking: (Int) -> Bool
  ) throws -> (dialogue: VideoDialogue, ingest: FrameIngest) {
    let dialogue = try dialogue(kind, budget: budget)
    var ingest = FrameIngest(into: dialogue)
    for number in 0..<frames {
      try ingest.add(image(number, side: kind.imageSide), at: Double(number) / 2)
      while try ingest.step() {}
      guard asking(number) else { continue }
      try ingest.showUnpairedFrame(asking: ["What is in view?"])
      _ = try dialogue.answer("What is in view?", at: 0)
      let independent = ["What came first?", "And now?"]
      try ingest.showUnpairedFrame(asking: independent)
      _ = dialogue.answer(each: independent, at: 0)
    }
    return (dialogue, ingest)
  }

  @Test(
    "is seen by a question, and what is cached afterwards is what would be without it", arguments: TestedModel.allCases,
    [[0], [1], [2], [0, 4, 5], Array(0..<9)])
  func exact(kind: TestedModel, questions: [Int]) throws {
    let silent = try watch(kind, frames: 10) { _ in false }
    let asked = try watch(kind, frames: 10, asking: questions.contains)
    let (quiet, talked) = (silent.dialogue, asked.dialogue)
    #expect(sameVision(quiet, talked))
    #expect(quiet.visionTokensRead == talked.visionTokensRead)
    #expect(quiet.retentionMap() == talked.retentionMap())
    // A hybrid model's answer depends on its state too.
    #expect(try quiet.answer("What came first?", at: 5).text == talked.answer("What came first?", at: 5).text)
  }

  @Test(
    "is the stream's last patch to the question, as it is where the stream ends with it",
    arguments: TestedModel.allCases)
  func seen(kind: TestedModel) throws {
    var ended = try watch(kind, frames: 5) { _ in false }
    var open = try watch(kind, frames: 5) { _ in false }
    let before = open.dialogue.visionTokensRead
    try ended.ingest.finish()
    let questions = ["What came last?", "And now?"]
    try open.ingest.showUnpairedFrame(asking: questions)
    #expect(open.dialogue.visionTokensRead == before / 2 * 3)
    for question in questions {
      #expect(try ended.dialogue.answer(question, at: 2).text == open.dialogue.answer(question, at: 2).text)
      // Asked again, it is not read again.
      try open.ingest.showUnpairedFrame(asking: [])
      #expect(open.dialogue.visionTokensRead == before / 2 * 3)
    }
    // The end of the stream makes it a patch of its own.
    try open.ingest.finish()
    #expect(sameVision(ended.dialogue, open.dialogue))
  }

  @Test(
    "leaves a stream that compresses as it would be, where the questions have room", arguments: TestedModel.allCases)
  func compression(kind: TestedModel) throws {
    let budget = 240
    let silent = try watch(kind, frames: 60, budget: budget) { _ in false }
    // A frame without a question: the compression that it causes is the one that its pair would.
    let dialogue = try dialogue(kind, budget: budget)
    var ingest = FrameIngest(into: dialogue)
    for number in 0..<60 {
      try ingest.add(image(number, side: kind.imageSide), at: Double(number) / 2)
      while try ingest.step() {}
      try ingest.showUnpairedFrame(asking: [])
    }
    #expect(dialogue.cache.compressionCount > 2)
    #expect(dialogue.cache.compressionCount == silent.dialogue.cache.compressionCount)
    #expect(sameVision(dialogue, silent.dialogue))
  }

  @Test("does not stay where its question needs a compression, which then comes before it")
  func compressionForQuestion() throws {
    let budget = 240
    var compressions = 0
    for frames in stride(from: 9, to: 60, by: 2) {
      let (dialogue, _) = try watch(.pure, frames: frames, budget: budget) { _ in false }
      let before = dialogue.cache.compressionCount
      var asked = try watch(.pure, frames: frames, budget: budget) { $0 == frames - 1 }
      compressions += asked.dialogue.cache.compressionCount - before
      let patches = asked.dialogue.cache.temporalPatchesAppended
      try asked.ingest.add(image(frames, side: 112), at: Double(frames) / 2)
      while try asked.ingest.step() {}
      #expect(asked.dialogue.cache.temporalPatchesAppended == patches)
      #expect(asked.dialogue.visionTokensRead == dialogue.visionTokensRead + 16)
    }
    #expect(compressions > 0)
  }

  @Test("does not stay where a later question of the conversation is asked about it", arguments: TestedModel.allCases)
  func conversation(kind: TestedModel) throws {
    // In some of these budgets a question has exactly the room that it needs.
    for budget in [249, 315, 404, 409, 432] {
      var (dialogue, ingest) = try watch(kind, frames: 41, budget: budget) { _ in false }
      let patches = dialogue.cache.temporalPatchesAppended
      for question in ["What is in view?", "Is it still there, or has it gone?", "And now?"] {
        try ingest.showUnpairedFrame(asking: [question])
        _ = try dialogue.answer(question, at: 20)
      }
      try ingest.add(image(41, side: kind.imageSide), at: 20.5)
      while try ingest.step() {}
      #expect(dialogue.cache.temporalPatchesAppended == patches + 1, "\(budget) tokens")
    }
  }

  @Test("takes no more from a stream than a question at another frame does, however long the question")
  func longQuestions() throws {
    for (budget, words) in [(70, 1), (240, 40), (240, 70), (240, 2000)] {
      let question = Array(repeating: "cat", count: words).joined(separator: " ")
      func compressions(frames: Int) throws -> (seen: Int, compressions: Int) {
        var (dialogue, ingest) = try watch(.pure, frames: frames, budget: budget) { _ in false }
        try ingest.showUnpairedFrame(asking: [question])
        _ = try? dialogue.answer(question, at: 0)
        for number in frames..<12 {
          try ingest.add(image(number, side: 112), at: Double(number) / 2)
          while try ingest.step() {}
        }
        return (dialogue.visionTokensRead, words > 1000 ? dialogue.cache.compressionCount : 0)
      }
      let (odd, even) = (try compressions(frames: 7), try compressions(frames: 8))
      #expect(odd == even, "\(budget) tokens, \(words) words")
    }
  }

  @Test("that stays because an answer evicted is not read once more, however often something is asked")
  func stays() throws {
    var options = DialogueOptions()
    options.budget = .tokens(100)
    options.maximumAnswerTokens = 60
    // Every answer is as long as it may be.
    options.grammar = try Grammar(gbnf: "root ::= [a-z]{60}")
    let dialogue = try VideoDialogue(model: try Self.embedded.get(), options: options)
    var ingest = FrameIngest(into: dialogue)
    for number in 0..<9 {
      try ingest.add(image(number, side: 112), at: Double(number) / 2)
      while try ingest.step() {}
    }
    let before = dialogue.visionTokensRead
    for _ in 0..<6 {
      try ingest.showUnpairedFrame(asking: ["What came first?"])
      _ = try dialogue.answer("What came first?", at: 0)
    }
    #expect(dialogue.visionTokensRead == before + 16)
  }

  /// The vision tokens that a question sees.
  ///
  /// - Parameter stills: of frames that an image is shown after.
  private func tokens(_ numbers: [Int], every seconds: Double = 0.5, stills: [Int] = []) throws -> Int {
    let dialogue = try dialogue(.pure)
    var ingest = FrameIngest(into: dialogue)
    for (index, number) in numbers.enumerated() {
      try ingest.add(image(number, side: 112), at: Double(index) * seconds)
      while try ingest.step() {}
      if stills.contains(index) { try ingest.add(still: image(100, side: 112), at: Double(index) * seconds) }
    }
    try ingest.showUnpairedFrame(asking: [])
    return dialogue.visionTokensRead
  }

  @Test("is not read where the last patch is of its pixels alone, and nothing came between")
  func nothingNew() throws {
    #expect(try tokens([0, 0, 0]) == 16)
    #expect(try tokens([0, 1, 0]) == 32)
    #expect(try tokens([0, 1, 1]) == 32)
    #expect(try tokens([0, 0, 0], stills: [1]) == 48)
  }

  @Test("is taken back where its pair shows nothing new and is left out")
  func leftOut() throws {
    func watch(asking: Bool) throws -> VideoDialogue {
      let dialogue = try dialogue(.pure)
      var ingest = FrameIngest(into: dialogue)
      for number in 0..<41 {
        try ingest.add(image(number % 2, side: 112), at: Double(number) * 5)
        while try ingest.step() {}
        if asking { try ingest.showUnpairedFrame(asking: []) }
      }
      try ingest.add(image(1, side: 112), at: 205)
      while try ingest.step() {}
      return dialogue
    }
    let (asked, silent) = (try watch(asking: true), try watch(asking: false))
    #expect(silent.visionTokensRead < 21 * 16)
    #expect(asked.visionTokensRead == silent.visionTokensRead)
    #expect(sameVision(asked, silent))
  }
}
