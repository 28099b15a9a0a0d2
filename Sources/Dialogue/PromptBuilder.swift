// SPDX-License-Identifier: Apache-2.0

import Inference
import Tokenization

/// The parts of a dialogue's prompt as tokens, in the model's own chat format.
package struct PromptBuilder {
  /// The system prompt and the opening of the first user turn.
  let opening: [Int]
  /// Closes an answer and opens the next user turn.
  package var nextTurn: [Int] { template.nextTurn }
  private let template: ChatTemplate

  /// - Parameter systemPrompt: nil for what the model's makers use.
  init(model: LoadedModel, systemPrompt: String?) {
    template = model.template
    opening = template.opening(system: systemPrompt)
  }

  /// The user's words, the end of the turn and the opening of the answer.
  package func question(_ text: String) -> [Int] { template.question(text) }

  /// An earlier turn and what opens the next one.
  func pastTurn(_ turn: DialogueTurn) -> [Int] {
    template.pastQuestion(turn.question) + turn.answerTokens + nextTurn
  }

  /// The text segment up to the answer: what closes the vision segment, the newest earlier turns, the question.
  ///
  /// - Parameters:
  ///   - visionEnd: nil where there is no vision segment.
  ///   - limit: the most tokens that the turns and the question may take; the oldest turns are left out.
  /// - Returns: the tokens, and where among them each turn's question begins, the newest included.
  func text(
    turns: [DialogueTurn], question: [Int], visionEnd: [Int]?, limit: Int
  ) -> (tokens: [Int], starts: [Int]) {
    var left = limit - question.count
    var parts = [question]
    for turn in turns.reversed() {
      let tokens = pastTurn(turn)
      left -= tokens.count
      if left < 0 { break }
      parts.append(tokens)
    }
    var tokens = visionEnd ?? template.textStart
    var starts: [Int] = []
    for part in parts.reversed() {
      starts.append(tokens.count)
      tokens += part
    }
    return (tokens, starts)
  }
}
