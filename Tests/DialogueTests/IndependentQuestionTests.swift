// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Dialogue
import Images
import Inference
import InferenceTestSupport
import Platform
import Records
import SessionInterface
import TestSupport
import Testing

/// Questions that do not build on each other, on frames that are drawn here.
@Suite("Independent questions", .serialized)
struct IndependentQuestionTests {
  private static let embedded = SharedEmbeddedModel()

  private let questions = [
    "What is in view?", "What came first?", "Describe what happened.", "How many things came?", "What came last?",
  ]

  private func dialogue(
    _ kind: TestedModel, budget: Int = 2048, maximumAnswerTokens: Int = 12, frames: Int = 12, offload: String? = nil
  ) throws -> VideoDialogue {
    var options = DialogueOptions()
    options.budget = .tokens(budget)
    options.maximumAnswerTokens = maximumAnswerTokens
    options.offload = offload.map { OffloadOptions(path: $0, byteCount: 1 << 20) }
    let dialogue = try VideoDialogue(model: try kind.load(Self.embedded), options: options)
    let side = kind.imageSide
    var ingest = FrameIngest(into: dialogue)
    for number in 0..<frames {
      var random = SplitMix64(seed: UInt64(number / 4))
      let color = (0..<3).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      var pixels: [UInt8] = []
      for pixel in 0..<side * side {
        let row = pixel / side + number * 3
        pixels += row % side < 40 ? color : [90, 120, 80]
      }
      try ingest.add(Image(width: side, height: side, pixels: pixels), at: Double(number) / 2)
      while try ingest.step() {}
    }
    try ingest.finish()
    return dialogue
  }

  private func cached(_ dialogue: VideoDialogue) -> SessionStatistics {
    var statistics = SessionStatistics()
    dialogue.describe(into: &statistics)
    statistics.peakTokens = 0
    return statistics
  }

  /// The answer of each question in a copy of the dialogue that is asked nothing else.
  private func alone(_ questions: [String], of dialogue: VideoDialogue) throws -> [AnswerSummary] {
    try questions.map { try VideoDialogue(copying: dialogue).answer($0, at: 6) }
  }

  private func expectEqual(_ found: [Result<AnswerSummary, ReportedError>], _ alone: [AnswerSummary]) throws {
    #expect(found.count == alone.count)
    for (answer, expected) in zip(found, alone) {
      let answer = try answer.get()
      #expect(answer.text == expected.text && answer.stop == expected.stop)
      #expect((answer.promptTokens, answer.answerTokens) == (expected.promptTokens, expected.answerTokens))
      #expect(answer.firstTokenSeconds > 0 && answer.seconds >= answer.firstTokenSeconds)
    }
  }

  @Test("get the answers that each gets alone, and leave nothing behind", arguments: TestedModel.allCases, [0, 12])
  func asAlone(kind: TestedModel, frames: Int) throws {
    let dialogue = try dialogue(kind, frames: frames)
    try dialogue.readSystemPrompt()
    let before = cached(dialogue)
    let alone = try alone(questions, of: dialogue)
    try expectEqual(dialogue.answer(each: questions, at: 6), alone)
    #expect(dialogue.turns.isEmpty && cached(dialogue) == before)
    #expect(try dialogue.answer(questions[0], at: 6).text == alone[0].text)
  }

  @Test("see the conversation so far, which goes on without them", arguments: TestedModel.allCases)
  func conversation(kind: TestedModel) throws {
    let dialogue = try dialogue(kind)
    for question in ["What came first?", "And then?"] { _ = try dialogue.answer(question, at: 6) }
    let (turns, quiet) = (dialogue.turns, try VideoDialogue(copying: dialogue))
    let alone = try alone(questions, of: dialogue)
    try expectEqual(dialogue.answer(each: questions, at: 6), alone)
    #expect(dialogue.turns == turns)
    #expect(try dialogue.answer("And now?", at: 6).text == quiet.answer("And now?", at: 6).text)
  }

  @Test("are answered alone where there is one, and beside an offload file", arguments: [true, false])
  func oneByOne(hasOffload: Bool) throws {
    let folder = try TemporaryFolder()
    let dialogue = try dialogue(.pure, offload: hasOffload ? folder.path("offload") : nil)
    let asked = hasOffload ? questions : [questions[0]]
    let alone = try alone(asked, of: dialogue)
    try expectEqual(dialogue.answer(each: asked, at: 6), alone)
    #expect(dialogue.turns.isEmpty)
  }

  @Test("never take more than the budget, whose room is made for the longest", arguments: [130, 160, 200])
  func smallBudget(budget: Int) throws {
    let dialogue = try dialogue(.pure, budget: budget, maximumAnswerTokens: 64, frames: 40)
    for answer in dialogue.answer(each: questions, at: 6) { #expect(try answer.get().text.isEmpty == false) }
    var statistics = SessionStatistics()
    dialogue.describe(into: &statistics)
    #expect(statistics.peakTokens <= budget && dialogue.turns.isEmpty)
  }

  @Test("fail for themselves where they are too long")
  func tooLong() throws {
    let dialogue = try dialogue(.pure, budget: 200)
    let long = Array(repeating: "What is in view?", count: 100).joined(separator: " ")
    let answers = dialogue.answer(each: [questions[0], long, questions[1]], at: 6)
    #expect(throws: ReportedError.self) { try answers[1].get() }
    #expect(try answers[0].get().text.isEmpty == false && answers[2].get().text.isEmpty == false)
    #expect(dialogue.turns.isEmpty)
  }

  @Test("that are too long take nothing from the conversation", arguments: [1, 2])
  func tooLongInConversation(others: Int) throws {
    let dialogue = try dialogue(.pure, budget: 512)
    for question in ["What came first?", "And then?"] { _ = try dialogue.answer(question, at: 6) }
    let (turns, quiet) = (dialogue.turns, try VideoDialogue(copying: dialogue))
    let long = Array(repeating: "What is in view?", count: 300).joined(separator: " ")
    let answers = dialogue.answer(each: [long] + questions.prefix(others - 1), at: 6)
    let error = #expect(throws: ReportedError.self) { try answers[0].get() }
    #expect(error?.code == .budgetTooSmall && dialogue.turns == turns)
    #expect(try dialogue.answer("And now?", at: 6).text == quiet.answer("And now?", at: 6).text)
  }

  @Test("end with a stop, and the conversation stays")
  func stopped() throws {
    let dialogue = try dialogue(.pure)
    _ = try dialogue.answer("What came first?", at: 6)
    let quiet = try VideoDialogue(copying: dialogue)
    let stop = StopSource()
    stop.stop()
    let answers = dialogue.answer(each: questions, at: 6, stop: stop)
    #expect(try answers.map { try $0.get().stop } == questions.map { _ in .cancelled })
    #expect(dialogue.turns == quiet.turns)
    #expect(try dialogue.answer("And now?", at: 6).text == quiet.answer("And now?", at: 6).text)
  }
}
