// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Images
import Inference
import InferenceTestSupport
import Records
import TestSupport
import Testing

@Suite("The odds of how an answer begins", .serialized)
struct LogOddsTests {
  private static let embedded = SharedEmbeddedModel()
  private static let questions = ["Did you see a cat?", "What is in view?", "Was there a bird?"]

  private func dialogue(_ kind: TestedModel) throws -> VideoDialogue {
    var options = DialogueOptions()
    options.budget = .tokens(512)
    options.maximumAnswerTokens = 8
    let dialogue = try VideoDialogue(model: try kind.load(Self.embedded), options: options)
    var ingest = FrameIngest(into: dialogue)
    for number in 0..<6 {
      let color = [UInt8(40 * number), 120, 200]
      let pixels = (0..<kind.imageSide * kind.imageSide).flatMap { _ in color }
      try ingest.add(
        Image(width: kind.imageSide, height: kind.imageSide, pixels: pixels), at: Double(number) / 2)
      while try ingest.step() {}
    }
    return dialogue
  }

  @Test("are those of each question alone, in whatever order they are asked", arguments: TestedModel.allCases)
  func alone(kind: TestedModel) throws {
    let dialogue = try dialogue(kind)
    let together = try dialogue.logOdds(each: Self.questions, of: [5, 9], over: [7])
    for (question, odds) in zip(Self.questions, together) {
      let alone = try dialogue.logOdds(each: [question], of: [5, 9], over: [7])[0]
      // Products of weights in 8 bits round activations, a block at a time.
      #expect(abs(alone - odds) < 0.2, "\(alone), \(odds)")
    }
    let reversed = try dialogue.logOdds(each: Self.questions.reversed(), of: [5, 9], over: [7])
    #expect(zip(reversed.reversed(), together).allSatisfy { abs($0 - $1) < 0.2 })
    #expect(try dialogue.logOdds(each: [], of: [5], over: [7]).isEmpty)
  }

  @Test("change sign with the sides, and are 0 between a token and itself")
  func sides() throws {
    let dialogue = try dialogue(.pure)
    let one = try dialogue.logOdds(each: Self.questions, of: [5, 9], over: [7])
    let other = try dialogue.logOdds(each: Self.questions, of: [7], over: [5, 9])
    #expect(zip(one, other).allSatisfy { abs($0 + $1) < 1e-9 })
    #expect(try dialogue.logOdds(each: Self.questions, of: [5], over: [5]) == [0, 0, 0])
  }

  @Test("of yes are above those of no where the answer is yes")
  func answer() throws {
    let dialogue = try dialogue(.pure)
    let tokenizer = try Self.embedded.get().tokenizer
    let yes = try #require(tokenizer.encode("Yes", parsingSpecialTokens: false).first)
    let no = try #require(tokenizer.encode("No", parsingSpecialTokens: false).first)
    for question in ["Did you see a cat?", "Did a truck come?"] {
      let odds = try dialogue.logOdds(each: [question], of: [yes], over: [no])[0]
      let text = try dialogue.answer(question, at: 3).text
      dialogue.forgetConversation()
      #expect(text.hasPrefix("Yes") == (odds > 0), "\(text) \(odds)")
    }
  }

  @Test("leave the conversation as it was", arguments: TestedModel.allCases)
  func conversation(kind: TestedModel) throws {
    let (asked, silent) = (try dialogue(kind), try dialogue(kind))
    for dialogue in [asked, silent] { _ = try dialogue.answer("What came first?", at: 3) }
    _ = try asked.logOdds(each: Self.questions, of: [5], over: [7])
    #expect(asked.turns.count == 1)
    #expect(try asked.answer("And then?", at: 3).text == silent.answer("And then?", at: 3).text)
  }
}
