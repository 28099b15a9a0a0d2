// SPDX-License-Identifier: Apache-2.0

import ConstrainedDecoding
import Dialogue
import Foundation
import Images
import Inference
import InferenceTestSupport
import TestSupport
import Testing

/// The embedded model, asked without frames.
@Suite("Answers by a grammar", .serialized)
struct GrammarAnswerTests {
  private static let embedded = SharedEmbeddedModel()
  private static let questions = ["What came first?", "Describe what happened.", "How many things came?"]

  private func dialogue(_ grammar: Grammar?, temperature: Double = 0, maximumTokens: Int = 48) throws -> VideoDialogue {
    var options = DialogueOptions()
    options.grammar = grammar
    options.sampling = SamplingParameters(temperature: temperature, topK: 0, topP: 1, seed: 5)
    options.maximumAnswerTokens = maximumTokens
    return try VideoDialogue(model: try Self.embedded.get(), options: options)
  }

  @Test("are the answers without one where it allows every text", arguments: [0, 1.5])
  func anyText(temperature: Double) throws {
    let free = try dialogue(nil, temperature: temperature)
    let held = try dialogue(try Grammar(gbnf: "root ::= .*"), temperature: temperature)
    for question in Self.questions {
      #expect(try held.answer(question, at: 0).text == free.answer(question, at: 0).text)
    }
  }

  @Test("are among its texts, alone and as branches of one stream, and end where they do", arguments: [0, 2])
  func choices(temperature: Double) throws {
    let dialogue = try dialogue(
      try Grammar(gbnf: "root ::= \"Yes.\" | \"Not \" [a-z]{1,4} \"!\""), temperature: temperature)
    var answers = try Self.questions.map { try dialogue.answer($0, at: 0) }
    answers += try dialogue.answer(each: Self.questions, at: 0).map { try $0.get() }
    for answer in answers {
      #expect(answer.text.wholeMatch(of: /Yes\.|Not [a-z]{1,4}!/) != nil, "\(answer.text)")
      #expect(answer.stop == .end)
    }
    // The conversation goes on behind such an answer as behind any other.
    #expect(try dialogue.answer("And now?", at: 0).stop == .end)
  }

  @Test("by a schema are JSON, with the members in its order", arguments: [0, 1])
  func json(temperature: Double) throws {
    let schema = """
      {"properties": {"what": {"enum": ["cat", "person"]}, "count": {"type": "integer", "minimum": 0, "maximum": 9},
      "all": {"type": "array", "maxItems": 2, "items": {"type": "boolean"}}}, "required": ["what", "count", "all"]}
      """
    let dialogue = try dialogue(try Grammar(jsonSchema: schema), temperature: temperature)
    for question in Self.questions {
      let answer = try dialogue.answer(question, at: 0)
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(answer.text.utf8)) as? [String: Any], "\(answer.text)")
      #expect(["cat", "person"].contains(object["what"] as? String))
      #expect(object["count"] is Int && (object["all"] as? [Bool])?.count ?? 3 <= 2)
      #expect(answer.text.hasPrefix("{\"what\":") && answer.stop == .end)
    }
  }

  @Test("that the limit on tokens ends say so")
  func limit() throws {
    let dialogue = try dialogue(try Grammar(gbnf: "root ::= [a-z]*"), maximumTokens: 3)
    let answer = try dialogue.answer("What came first?", at: 0)
    #expect(answer.stop == .length || answer.answerTokens < 3)
    #expect(answer.text.allSatisfy { $0.isLowercase })
  }
}
