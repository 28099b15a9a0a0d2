// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Records
import SessionInterface

/// What is written for one turn of a request.
struct BatchResult {
  var id: String
  var turn: Int
  var at: Double?
  var summary: AnswerSummary
  var statistics: SessionStatistics
  var visionTokensRead: Int
  var ingestSeconds: Double
  var warnings: [String]

  var json: OrderedJSON {
    var members: [(String, OrderedJSON)] = [("id", .string(id)), ("turn", .integer(turn)), ("status", "ok")]
    if let at { members.append(("at", .number(at))) }
    members += [
      ("answer", .string(summary.text)),
      ("stop", .string(summary.stop.rawValue)),
      (
        "frames",
        ["seen": .integer(statistics.framesSeen), "dropped": .integer(statistics.framesDropped)]
      ),
      (
        "tokens",
        [
          "vision": .integer(visionTokensRead), "prompt": .integer(summary.promptTokens),
          "answer": .integer(summary.answerTokens),
        ]
      ),
      (
        "kv",
        [
          "policy": .string(statistics.policy), "budget": statistics.budget.map { .integer($0) } ?? .null,
          "held": .integer(statistics.cachedTokens), "peak": .integer(statistics.peakTokens),
          "compressions": .integer(statistics.compressions), "bytes": .integer(statistics.cacheBytes),
        ]
      ),
      (
        "seconds",
        [
          "ingest": .number(ingestSeconds), "first_token": .number(summary.firstTokenSeconds),
          "answer": .number(summary.seconds),
        ]
      ),
    ]
    members.append(("memory", ["resident": .integer(statistics.residentBytes)]))
    if !warnings.isEmpty { members.append(("warning", .string(warnings.joined(separator: "; ")))) }
    return .object(members)
  }

  /// The record of a turn or a whole request that could not be done.
  static func failure(id: String, turn: Int?, error: ReportedError) -> OrderedJSON {
    var members: [(String, OrderedJSON)] = [("id", .string(id))]
    if let turn { members.append(("turn", .integer(turn))) }
    members += [("status", "error"), ("error", Self.object(of: error))]
    return .object(members)
  }

  /// The record of a line that is not a request.
  static func failure(_ error: BatchRequestError) -> OrderedJSON {
    [
      "line": .integer(error.line), "id": .optional(error.id), "status": "error",
      "error": object(of: .requestMalformed(message: error.message)),
    ]
  }

  private static func object(of error: ReportedError) -> OrderedJSON {
    ["code": .string(error.code.rawValue), "message": .string(error.message)]
  }
}
