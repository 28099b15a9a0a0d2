// SPDX-License-Identifier: Apache-2.0

import Tokenization

/// An answer as people read it, made of the pieces that a model generates: without the model's thoughts.
struct AnswerText {
  private(set) var text = ""
  /// Whether the model has thought, so that its tokens are more than the answer.
  private(set) var hasThought: Bool
  private var filter: ThinkingFilter
  /// The space with which some models begin an answer is none of its words.
  private let trimsStart: Bool

  init(_ template: ChatTemplate) {
    hasThought = template.answersBeginThinking
    filter = ThinkingFilter(startsThinking: hasThought)
    trimsStart = !template.answerStart.isEmpty
  }

  /// Adds generated characters; nil adds the rest once generation is over.
  ///
  /// - Returns: what people are shown of them.
  mutating func add(_ generated: String?) -> String {
    var piece = generated.map { filter.append($0) } ?? filter.finish()
    if filter.isThinking { hasThought = true }
    if text.isEmpty, trimsStart { piece = String(piece.drop(while: \.isWhitespace)) }
    text += piece
    return piece
  }
}
