// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile
import Testing
import Tokenization

/// A conversation and what a template makes of it: Goldens/templates.json.
struct TemplateCase: Decodable, CustomTestStringConvertible {
  let template: String
  let system: String?
  /// Questions and answers in turn; the last is a question.
  let turns: [String]
  let video: Bool
  let text: String

  var testDescription: String {
    "\(template), \(turns.count / 2) answers\(video ? ", video" : "")\(system.map { ", system “\($0)”" } ?? "")"
  }

  static func all() throws -> [TemplateCase] {
    let cases = try JSONDecoder().decode(
      [Self].self, from: Data(contentsOf: URL(filePath: goldenPath("templates.json"))))
    // Without cases a parameterised test would pass without running.
    try #require(!cases.isEmpty)
    return cases
  }
}

@Suite("The chat templates of the families")
struct TemplateGoldenTests {
  private static let names = [
    "llava-onevision", "qwen2-instruct", "qwen2-vl", "qwen2.5-instruct", "qwen3", "qwen3-vl-instruct",
    "qwen3-vl-thinking", "qwen3.5", "smolvlm2",
  ]

  @Test("Lay out conversations as the reference does", arguments: try TemplateCase.all())
  func conversations(item: TemplateCase) throws {
    let tokenizer = try Self.tokenizer(item.template)
    let template = try ChatTemplate(tokenizer: tokenizer, forVision: item.video)
    #expect(template.notice == nil)

    var tokens = template.opening(system: item.system)
    tokens += item.video ? template.visionLead + template.visionStart + template.visionEnd : template.textStart
    for index in stride(from: 0, to: item.turns.count - 1, by: 2) {
      // Some templates trim answers; a dialogue repeats the tokens that the model wrote.
      let answer = item.turns[index + 1]
      let shown = item.text.contains(answer) ? answer : answer.trimmingCharacters(in: .whitespacesAndNewlines)
      tokens += template.pastQuestion(
        item.turns[index], after: item.video && index == 0 ? template.visionEndText : nil)
      tokens += tokenizer.encode(template.answerStart + shown, parsingSpecialTokens: false) + template.nextTurn
    }
    tokens += template.question(
      try #require(item.turns.last), after: item.video && item.turns.count == 1 ? template.visionEndText : nil)

    var expected: [Int] = []
    for piece in Self.piecesAroundVideo(item.text) { expected += tokenizer.encode(piece, parsingSpecialTokens: true) }
    #expect(tokens == expected, "\(tokenizer.decode(tokens, skippingSpecialTokens: false))")
  }

  @Test("Say what their makers' system prompt is", arguments: names)
  func defaultSystemPrompts(name: String) throws {
    let expected = [
      "qwen2-instruct": "You are a helpful assistant.", "qwen2-vl": "You are a helpful assistant.",
      "qwen2.5-instruct": "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
    ]
    #expect(try ChatTemplate(tokenizer: Self.tokenizer(name)).defaultSystemPrompt == expected[name])
  }

  @Test("Begin answers within thoughts where the model cannot do without", arguments: names)
  func thinking(name: String) throws {
    let template = try ChatTemplate(tokenizer: Self.tokenizer(name))
    #expect(template.answersBeginThinking == (name == "qwen3-vl-thinking"))
    let changing = ["llava-onevision", "qwen3", "qwen3.5", "qwen3-vl-thinking"]
    #expect(template.pastQuestionsStay == !changing.contains(name))
    #expect(template.answerStart == (name == "smolvlm2" ? " " : ""))
  }

  @Test("A family with image markers of its own needs none of the template")
  func ownMarkers() throws {
    let tokenizer = try Self.tokenizer("qwen3")
    let template = try ChatTemplate(tokenizer: tokenizer, forVision: true, hasOwnMarkers: true)
    #expect(template.visionStart == [] && template.visionEnd == [] && template.supportsVision)
  }

  @Test("Mark a video with the vocabulary's tokens where they know of none")
  func videoOfTextTemplate() throws {
    let tokenizer = try Self.tokenizer("qwen3")
    let template = try ChatTemplate(tokenizer: tokenizer, forVision: true)
    #expect(template.visionStart == tokenizer.encode("<|vision_start|>", parsingSpecialTokens: true))
    #expect(template.visionEnd == tokenizer.encode("<|vision_end|>", parsingSpecialTokens: true))
  }

  private static func tokenizer(_ template: String) throws -> Tokenizer {
    let source = try String(contentsOfFile: goldenPath("Templates/\(template).jinja"), encoding: .utf8)
    return try templatedTokenizer(source)
  }

  private static func piecesAroundVideo(_ text: String) -> [String] {
    for placeholder in ["<|video_pad|>", "<video>"] where text.contains(placeholder) {
      return text.components(separatedBy: placeholder)
    }
    return [text]
  }
}
