// SPDX-License-Identifier: Apache-2.0

/// The roles' replies to all requests of a task, counted.
public struct CodeReplies: Sendable, Equatable {
  /// Replies that were used after something in them had been mended.
  public var mended: Int
  /// Replies that could not be used.
  public var lost: Int
  /// Tokens of all prompts.
  public var promptTokens: Int
  /// Tokens that the roles wrote.
  public var answerTokens: Int

  /// Counts are 0 unless given.
  public init(mended: Int = 0, lost: Int = 0, promptTokens: Int = 0, answerTokens: Int = 0) {
    self.mended = mended
    self.lost = lost
    self.promptTokens = promptTokens
    self.answerTokens = answerTokens
  }
}

/// How work on a task ended and what it cost.
public struct CodeOutcome: Sendable, Equatable {
  /// Why work ended.
  public enum End: String, Sendable {
    /// The program passes every example.
    case passed
    /// The task has no examples, so that nothing could be checked.
    case unchecked
    /// No program passed every example; the one that passed most is returned.
    case unproven
    /// A limit of time or tokens was reached; the best so far is returned.
    case limit
    /// The user stopped it; the best so far is returned.
    case cancelled
    /// The user took a program as it was.
    case accepted
  }

  /// Why work ended.
  public var end: End
  /// nil if no role has written a program.
  public var program: CodeProgram?
  /// Examples of the task.
  public var examples: Int
  /// Examples that the program passes.
  public var examplesPassed: Int
  /// Plans of which a program was written.
  public var plansTried: Int
  /// Rounds of debugging, over all plans.
  public var debugRounds: Int
  /// Counts of the roles' replies, and of the tokens that the roles read and wrote.
  public var replies: CodeReplies
  /// Time that work took.
  public var seconds: Double

  /// Counts are 0 unless given.
  public init(
    end: End, program: CodeProgram?, examples: Int = 0, examplesPassed: Int = 0, plansTried: Int = 0,
    debugRounds: Int = 0, replies: CodeReplies = CodeReplies(), seconds: Double = 0
  ) {
    self.end = end
    self.program = program
    self.examples = examples
    self.examplesPassed = examplesPassed
    self.plansTried = plansTried
    self.debugRounds = debugRounds
    self.replies = replies
    self.seconds = seconds
  }
}
