// SPDX-License-Identifier: Apache-2.0

/// How an answer ended and what it cost.
public struct AnswerSummary: Sendable, Equatable {
  /// Why the answer stopped.
  public enum Stop: String, Sendable {
    /// The model ended it.
    case end
    /// The limit on tokens was reached.
    case length
    /// The user stopped it.
    case cancelled
    /// The key-value budget has no room for another token.
    case budget
  }

  /// The whole answer.
  public var text: String
  /// Why it stopped.
  public var stop: Stop
  /// Tokens of the prompt that had to be read for this answer.
  public var promptTokens: Int
  /// Tokens of the answer.
  public var answerTokens: Int
  /// Seconds from the question to the first token.
  public var firstTokenSeconds: Double
  /// Seconds from the question to the last token.
  public var seconds: Double

  /// Memberwise; checks nothing.
  public init(
    text: String, stop: Stop, promptTokens: Int, answerTokens: Int, firstTokenSeconds: Double, seconds: Double
  ) {
    self.text = text
    self.stop = stop
    self.promptTokens = promptTokens
    self.answerTokens = answerTokens
    self.firstTokenSeconds = firstTokenSeconds
    self.seconds = seconds
  }
}
