import Tokenization

/// The parts of a prompt as tokens, in the model's own chat format.
struct PromptTokens {
  /// The system text and the opening of the first user turn: held for good.
  let opening: [Int]
  /// Closes an answer and opens the next user turn.
  var nextTurn: [Int] { template.nextTurn }
  private let template: ChatTemplate

  /// - Parameter systemPrompt: nil for what the model's makers use.
  init(model: LoadedModel, systemPrompt: String?) {
    template = model.template
    opening = template.opening(system: systemPrompt)
  }

  /// The user's words, the end of the turn and the opening of the answer.
  func question(_ text: String) -> [Int] { template.question(text) }

  /// What follows the vision part: its end, the newest earlier turns within `limit` tokens, the question.
  ///
  /// - Parameter visionEnd: nil where there is no vision part.
  func tail(turns: [DialogueTurn], question: [Int], visionEnd: [Int]?, limit: Int) -> [Int] {
    var left = limit - question.count
    var kept: [[Int]] = []
    for turn in turns.reversed() {
      let tokens = template.pastQuestion(turn.question) + turn.answerTokens + nextTurn
      left -= tokens.count
      if left < 0 { break }
      kept.append(tokens)
    }
    return (visionEnd ?? template.textStart) + kept.reversed().joined() + question
  }
}
