import Tokenization

/// The parts of a prompt as tokens, in the model's own chat format.
struct PromptTokens {
  /// The system text and the opening of the first user turn: held for good.
  let opening: [Int]
  /// Closes an answer and opens the next user turn.
  let nextTurn: [Int]
  private let template: ChatTemplate

  init(model: LoadedModel, systemPrompt: String) {
    template = model.template
    opening = template.opening(system: systemPrompt)
    nextTurn = template.nextTurn
  }

  /// The user's words, the end of the turn and the opening of the answer.
  func question(_ text: String) -> [Int] {
    template.question(text)
  }

  /// What follows the vision part: its end, the newest earlier turns within `limit` tokens, the question.
  func tail(turns: [DialogueTurn], question: [Int], visionEnd: [Int], limit: Int) -> [Int] {
    var left = limit - question.count
    var kept: [[Int]] = []
    for turn in turns.reversed() {
      let tokens = turn.questionTokens + turn.answerTokens + nextTurn
      left -= tokens.count
      if left < 0 { break }
      kept.append(tokens)
    }
    return (visionEnd.isEmpty ? template.textStart : visionEnd) + kept.reversed().joined() + question
  }
}
