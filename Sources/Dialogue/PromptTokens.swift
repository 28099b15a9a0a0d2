// SPDX-License-Identifier: Apache-2.0

import Inference
import Tokenization

/// The parts of a prompt as tokens, in the model's own chat format.
package struct PromptTokens {
  /// The system text and the opening of the first user turn: held for good.
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

  /// What follows the vision part: its end, the newest earlier turns within `limit` tokens, the question.
  ///
  /// - Parameter visionEnd: nil where there is no vision part.
  /// - Returns: the tokens, and where among them each turn's question begins, the newest included.
  func tail(
    turns: [DialogueTurn], question: [Int], visionEnd: [Int]?, limit: Int
  ) -> (tokens: [Int], starts: [Int]) {
    var left = limit - question.count
    var kept: [[Int]] = []
    for turn in turns.reversed() {
      let tokens = pastTurn(turn)
      left -= tokens.count
      if left < 0 { break }
      kept.append(tokens)
    }
    var tokens = visionEnd ?? template.textStart
    var starts: [Int] = []
    for part in kept.reversed() + [question] {
      starts.append(tokens.count)
      tokens += part
    }
    return (tokens, starts)
  }
}
