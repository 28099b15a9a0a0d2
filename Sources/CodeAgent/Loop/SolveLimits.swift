// SPDX-License-Identifier: Apache-2.0

/// How much work a task may take.
public struct SolveLimits: Sendable, Equatable {
  /// Similar tasks that the retriever names, one plan for each. 0 plans from the task alone.
  public var exemplars: Int
  /// Rounds of debugging for each plan.
  public var rounds: Int
  /// Seconds for the whole task; nil for no limit.
  public var seconds: Double?
  /// Tokens that the roles may write for the whole task; nil for no limit.
  public var tokens: Int?
  /// Tokens of one reply.
  public var tokensOfReply: Int

  /// The defaults are MapCoder's (arXiv 2405.11403): three exemplars, five rounds.
  public init(
    exemplars: Int = 3, rounds: Int = 5, seconds: Double? = nil, tokens: Int? = nil, tokensOfReply: Int = 1536
  ) {
    self.exemplars = exemplars
    self.rounds = rounds
    self.seconds = seconds
    self.tokens = tokens
    self.tokensOfReply = tokensOfReply
  }
}
