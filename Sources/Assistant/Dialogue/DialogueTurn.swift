/// One question with its answer, as text for people and as tokens for the model.
public struct DialogueTurn: Sendable, Equatable {
  public var question: String
  public var answer: String
  /// Stream time at which the question was asked, in seconds.
  public var time: Double
  /// The question with the tokens that end it and open the answer.
  var questionTokens: [Int]
  var answerTokens: [Int]
}
