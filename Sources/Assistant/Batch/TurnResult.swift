// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Records
import SessionInterface

/// Result of an answered turn of a request, as it is written. The members of its JSON are a contract with scripts.
package struct TurnResult {
  /// Stream time at which the turn was asked, in seconds; nil without a video.
  package var at: Double?
  /// The answer.
  package var summary: AnswerSummary
  /// The dialogue's figures after the answer.
  package var statistics: SessionStatistics
  /// Vision tokens that the model has read of the stream, whether or not they are still cached.
  package var visionTokensRead: Int
  /// Time that frames took since the answer before, in seconds.
  package var ingestSeconds: Double
  /// Warnings about departures from the request, for people to read.
  package var warnings: [String]

  /// Makes the result of a turn.
  package init(
    at: Double?, summary: AnswerSummary, statistics: SessionStatistics, visionTokensRead: Int, ingestSeconds: Double,
    warnings: [String]
  ) {
    self.at = at
    self.summary = summary
    self.statistics = statistics
    self.visionTokensRead = visionTokensRead
    self.ingestSeconds = ingestSeconds
    self.warnings = warnings
  }

  /// The result line.
  ///
  /// - Parameter turn: counted from 0.
  package func json(id: String, turn: Int) -> OrderedJSON {
    var members: [(String, OrderedJSON)] = [("id", .string(id)), ("turn", .integer(turn)), ("status", "ok")]
    if let at { members.append(("at", .number(at))) }
    members += [
      ("answer", .string(summary.text)), ("stop", .string(summary.stop.rawValue)),
      ("frames", frames),
      ("tokens", tokens), ("kv", cache), ("seconds", seconds),
      ("memory", ["resident": .integer(statistics.residentBytes)]),
    ]
    if !warnings.isEmpty { members.append(("warning", .string(warnings.joined(separator: "; ")))) }
    return .object(members)
  }

  private var frames: OrderedJSON {
    var members: [(String, OrderedJSON)] = [
      ("seen", .integer(statistics.framesSeen)), ("dropped", .integer(statistics.framesDropped)),
    ]
    if let skipped = statistics.framesSkipped { members.append(("skipped", .integer(skipped))) }
    if let share = statistics.activeShare { members.append(("active_share", .number(share))) }
    return .object(members)
  }

  private var tokens: OrderedJSON {
    [
      "vision": .integer(visionTokensRead), "prompt": .integer(summary.promptTokens),
      "answer": .integer(summary.answerTokens),
    ]
  }

  private var cache: OrderedJSON {
    [
      "policy": .optional(statistics.policy?.rawValue), "budget": statistics.budget.map { .integer($0) } ?? .null,
      "held": .integer(statistics.cachedTokens), "peak": .integer(statistics.peakTokens),
      "compressions": .integer(statistics.compressions), "bytes": .integer(statistics.cacheBytes),
    ]
  }

  private var seconds: OrderedJSON {
    [
      "ingest": .number(ingestSeconds), "first_token": .number(summary.firstTokenSeconds),
      "answer": .number(summary.seconds),
    ]
  }

  /// The result line of a turn that could not be answered.
  package static func failure(id: String, turn: Int, error: ReportedError) -> OrderedJSON {
    ["id": .string(id), "turn": .integer(turn), "status": "error", "error": error.json]
  }

  /// The result line of a line that is not a request.
  package static func failure(_ error: BatchRequestError) -> OrderedJSON {
    [
      "line": .integer(error.line), "id": .optional(error.id), "status": "error",
      "error": ReportedError.requestMalformed(message: error.message).json,
    ]
  }
}
