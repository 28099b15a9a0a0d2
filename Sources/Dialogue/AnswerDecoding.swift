// SPDX-License-Identifier: Apache-2.0

import Inference
import Tokenization

/// The state of one answer while it is made.
struct AnswerDecoding {
  private(set) var tokens: [Int] = []
  /// The answer as people read it: without the model's thoughts.
  private(set) var text = ""
  /// Whether the model has thought, so that `tokens` are more than the answer.
  private(set) var hasThought: Bool
  var firstTokenSeconds: Double?
  private var sampler: Sampler
  private var detokenizer: StreamingDetokenizer
  private var filter: ThinkingFilter
  private let endTokens: Set<Int>

  init(model: LoadedModel, options: DialogueOptions) {
    sampler = Sampler(parameters: options.sampling, vocabularySize: model.language.configuration.vocabularySize)
    detokenizer = StreamingDetokenizer(model.tokenizer)
    filter = ThinkingFilter(startsThinking: model.template.answersBeginThinking)
    hasThought = model.template.answersBeginThinking
    endTokens = model.tokenizer.endOfTurnTokens
    tokens.reserveCapacity(min(options.maximumAnswerTokens, 4096))
  }

  /// The next token; nil when the model ends its turn.
  mutating func next(logits: [Float]) -> Int? {
    let token = sampler.choose(from: logits)
    return endTokens.contains(token) ? nil : token
  }

  /// Adds a token to the answer and returns the characters that became whole with it.
  mutating func accept(_ token: Int) -> String {
    tokens.append(token)
    let piece = filter.append(detokenizer.append(token))
    if filter.isThinking { hasThought = true }
    text += piece
    return piece
  }

  /// What the detokenizer still withheld.
  mutating func finish() -> String {
    let rest = filter.append(detokenizer.finish()) + filter.finish()
    text += rest
    return rest
  }
}
