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

  /// Where a question begins that is read behind as many tokens of the text segment.
  func start(ofQuestion text: String, at row: Int) -> CachedTurns.Start {
    CachedTurns.Start(row: row, lead: template.leadCount(ofQuestion: text))
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
  /// - Returns: the tokens, and where among them each turn begins, that of the question included.
  func text(
    turns: [DialogueTurn], question text: String, visionEnd: StreamLayout.VisionEnd?, limit: Int
  ) -> (tokens: [Int], starts: [CachedTurns.Start]) {
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
    var starts: [CachedTurns.Start] = []
    for (question, part) in zip(included.map(\.question) + [text], parts.reversed()) {
      starts.append(start(ofQuestion: question, at: tokens.count))
      tokens += part
    }
    if visionEnd != nil { starts[0].lead = 0 }
    return (tokens, starts)
  }
}
