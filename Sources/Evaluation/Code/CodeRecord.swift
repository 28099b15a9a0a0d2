// SPDX-License-Identifier: Apache-2.0

import Records

/// A task worked on in one way: a line of the results.
public struct CodeRecord: Sendable, Codable, Equatable {
  public var way: String
  public var task: String
  /// What sort of task it is, and whatever else tells it from others; where the task file says.
  public var kind: String?
  public var tags: [String]
  /// Whether the program passes every hidden test; nil if the task has none.
  public var isSolved: Bool?
  /// How the work ended, as in a batch's results.
  public var end: String
  public var examples: Int
  public var examplesPassed: Int
  public var plansTried: Int
  public var debugRounds: Int
  /// Rounds of debugging that the program itself has been through.
  public var round: Int
  public var repliesMended: Int
  public var repliesLost: Int
  public var promptTokens: Int
  public var answerTokens: Int
  public var milliseconds: Double
  public var program: String?
  /// Why it could not be worked on; nil if it could.
  public var error: String?

  public init(
    way: CodeWay, task: String, kind: String? = nil, tags: [String] = [], isSolved: Bool? = nil, end: String = "",
    examples: Int = 0, examplesPassed: Int = 0, plansTried: Int = 0, debugRounds: Int = 0, round: Int = 0,
    repliesMended: Int = 0, repliesLost: Int = 0, promptTokens: Int = 0, answerTokens: Int = 0,
    milliseconds: Double = 0, program: String? = nil, error: String? = nil
  ) {
    self.way = way.rawValue
    self.task = task
    self.kind = kind
    self.tags = tags
    self.isSolved = isSolved
    self.end = end
    self.examples = examples
    self.examplesPassed = examplesPassed
    self.plansTried = plansTried
    self.debugRounds = debugRounds
    self.round = round
    self.repliesMended = repliesMended
    self.repliesLost = repliesLost
    self.promptTokens = promptTokens
    self.answerTokens = answerTokens
    self.milliseconds = milliseconds
    self.program = program
    self.error = error
  }

  package var json: OrderedJSON {
    let text = { (value: String?) -> OrderedJSON in value.map { .string($0) } ?? .null }
    return .object([
      ("way", .string(way)), ("task", .string(task)), ("kind", text(kind)),
      ("tags", .array(tags.map { .string($0) })), ("isSolved", isSolved.map { .bool($0) } ?? .null),
      ("end", .string(end)), ("examples", .integer(examples)), ("examplesPassed", .integer(examplesPassed)),
      ("plansTried", .integer(plansTried)), ("debugRounds", .integer(debugRounds)), ("round", .integer(round)),
      ("repliesMended", .integer(repliesMended)), ("repliesLost", .integer(repliesLost)),
      ("promptTokens", .integer(promptTokens)), ("answerTokens", .integer(answerTokens)),
      ("milliseconds", .number(milliseconds)), ("program", text(program)), ("error", text(error)),
    ])
  }
}
