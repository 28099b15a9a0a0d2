// SPDX-License-Identifier: Apache-2.0

import Records

extension CodeSummary {
  /// All figures as one JSON object.
  ///
  /// - Parameters:
  ///   - identity: what was evaluated.
  ///   - isComplete: false for a run that was stopped.
  public func json(identity: [(name: String, value: String)], isComplete: Bool) -> String {
    let rows = rows.map { row -> OrderedJSON in
      .object([
        ("way", .string(row.way.rawValue)), ("tasks", .integer(row.tasks)), ("passed", Self.json(row.passed)),
        ("difference", row.difference.map(Self.json) ?? .null), ("passedExamples", Self.json(row.passedExamples)),
        ("solved", .integer(row.solved)), ("debuggerWins", .integer(row.debuggerWins)),
        ("repliesMended", .integer(row.repliesMended)), ("repliesLost", .integer(row.repliesLost)),
        ("promptTokens", .number(row.promptTokens)), ("answerTokens", .number(row.answerTokens)),
        ("seconds", .number(row.seconds)), ("failed", .integer(row.failed)),
        (
          "byGroup",
          .object(
            parts(of: row.way).map {
              ($0.name, .object([("tasks", .integer($0.tasks)), ("passed", Self.json($0.passed))]))
            })
        ),
      ])
    }
    let whole = identity.map { ($0.name, OrderedJSON.string($0.value)) }
    return OrderedJSON.object(whole + [("complete", .bool(isComplete)), ("ways", .array(rows))]).text
  }

  private static func json(_ interval: Interval) -> OrderedJSON {
    ["value": .number(interval.value), "low": .number(interval.low), "high": .number(interval.high)]
  }
}
