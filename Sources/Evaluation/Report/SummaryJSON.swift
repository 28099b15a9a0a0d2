// SPDX-License-Identifier: Apache-2.0

import Records

extension EvaluationSummary {
  /// All figures as one JSON object.
  ///
  /// - Parameters:
  ///   - identity: what was evaluated.
  ///   - isComplete: false for a run that was stopped.
  public func json(identity: [(name: String, value: String)], isComplete: Bool) -> String {
    let cells = cells.map { cell -> OrderedJSON in
      var members: [(String, OrderedJSON)] = [
        ("configuration", .string(cell.configuration)),
        ("budget", cell.budget.map { .string($0) } ?? .null),
        ("answers", .integer(cell.answers)),
        ("exact", Self.json(cell.exact)),
        ("difference", cell.difference.map(Self.json) ?? .null),
        ("held", .number(cell.held)), ("bytes", .number(cell.bytes)), ("passes", .number(cell.passes)),
        ("millisecondsPerCompression", cell.secondsPerCompression.map { .number($0 * 1000) } ?? .null),
        ("compressionShare", .number(cell.compressionShare)),
        ("millisecondsPerTemporalPatch", .number(cell.secondsPerFrame * 1000)),
        ("millisecondsToFirstWord", .number(cell.secondsToFirstWord * 1000)),
        ("millisecondsPerAnswer", .number(cell.secondsPerAnswer * 1000)),
        ("residentBytes", .integer(cell.residentBytes)),
        ("refused", .integer(cell.refused)),
      ]
      for breakdown in Breakdown.allCases {
        let parts = parts(of: cell, by: breakdown).map { part in
          (part.name, OrderedJSON.object([("answers", .integer(part.answers)), ("exact", Self.json(part.exact))]))
        }
        members.append(("by" + breakdown.rawValue.capitalizedFirst, .object(parts)))
      }
      return .object(members)
    }
    let whole = identity.map { ($0.name, OrderedJSON.string($0.value)) }
    return OrderedJSON.object(whole + [("complete", .bool(isComplete)), ("cells", .array(cells))]).text
  }

  private static func json(_ interval: Interval) -> OrderedJSON {
    [
      "value": .number(interval.value), "low": .number(interval.low), "high": .number(interval.high),
    ]
  }
}
