// SPDX-License-Identifier: Apache-2.0

/// The result of one programming task with one method: a line of the results.
public struct CodeRecord: Sendable, Codable, Equatable {
  /// The method's name.
  public var method: String
  /// The task's id.
  public var task: String
  /// The task's kind, where its file names one.
  public var kind: String?
  /// The task's tags, where its file has some.
  public var tags: [String]
  /// Whether the program passes every hidden test; nil if the task has none.
  public var isSolved: Bool?
  /// How the work ended, with the words of a batch's results.
  public var end = ""
  /// Examples that the task shows.
  public var examples: Int
  /// Examples that the program passes.
  public var examplesPassed = 0
  /// Plans whose programs were run.
  public var plansTried = 0
  /// Debugging rounds in all.
  public var debugRounds = 0
  /// Debugging rounds that led to the program of the result.
  public var round = 0
  /// Replies that had to be repaired before they could be used.
  public var repliesMended = 0
  /// Replies that could not be used.
  public var repliesLost = 0
  /// Tokens of all prompts.
  public var promptTokens = 0
  /// Tokens generated.
  public var answerTokens = 0
  /// Time for the task, in seconds.
  public var seconds = 0.0
  /// The program of the result; nil if no role has written one.
  public var program: String?
  /// Why the task could not be worked on; nil if it could.
  public var error: String?

  /// A record of a task that has not been worked on; what the work sets starts empty.
  package init(method: CodeMethod, task: String, kind: String? = nil, tags: [String] = [], examples: Int = 0) {
    self.method = method.rawValue
    self.task = task
    self.kind = kind
    self.tags = tags
    self.examples = examples
  }
}
