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
  ///
  /// - Parameter start: text right before the words; nil for what stands there where no vision segment does.
  package func question(_ text: String, after start: String? = nil) -> [Int] {
    template.question(text, after: start)
  }

  /// An earlier turn and what opens the next one.
  func pastTurn(_ turn: DialogueTurn, after start: String? = nil) -> [Int] {
    template.pastQuestion(turn.question, after: start) + turn.answerTokens + nextTurn
  }

  /// The text segment up to the answer: the end of the vision segment, the newest earlier turns, the question.
  ///
  /// - Parameters:
  ///   - visionEnd: nil where there is no vision segment.
  ///   - limit: the most tokens that the turns and the question may take; the oldest turns are left out.
  /// - Returns: the tokens, and where among them each turn's question begins, the newest included.
  func text(
    turns: [DialogueTurn], question text: String, visionEnd: StreamLayout.VisionEnd?, limit: Int
  ) -> (tokens: [Int], starts: [Int]) {
    var parts = [question(text)]
    var left = limit - parts[0].count
    var included = turns[turns.endIndex...]
    for (index, turn) in turns.enumerated().reversed() {
      let tokens = pastTurn(turn)
      left -= tokens.count
      if left < 0 { break }
      parts.append(tokens)
      included = turns[index...]
    }
    if let visionEnd {
      parts[parts.count - 1] =
        included.first.map { pastTurn($0, after: visionEnd.text) } ?? question(text, after: visionEnd.text)
    }
    var tokens = visionEnd?.tokens ?? template.textStart
    var starts: [Int] = []
    for part in parts.reversed() {
      starts.append(tokens.count)
      tokens += part
    }
    return (tokens, starts)
  }
}
