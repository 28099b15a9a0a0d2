// SPDX-License-Identifier: Apache-2.0

/// One question with its answer, as text for people and as tokens for the model.
public struct DialogueTurn: Sendable, Equatable {
  /// As the user typed it.
  public var question: String
  /// As it was shown.
  public var answer: String
  /// Stream time at which the question was asked, in seconds.
  public var time: Double
  /// The answer as the model wrote it, or, where it has thought, as it would write it without.
  var answerTokens: [Int]
}
