// SPDX-License-Identifier: Apache-2.0

/// What a result line of `--batch` and `code` says about which request it answers.
package struct AnsweredTurn: ResumableRecord {
  /// The id of the request or task; nil for a line that could not be read as one.
  package var id: String?
  /// Counted from 0; nil where the request has no turns.
  package var turn: Int?
  /// `ok` or `error`.
  package var status: Status

  /// How a turn ended.
  package enum Status: String, Decodable {
    /// It has an answer.
    case ok
    /// It has the message of an error in place of an answer.
    case error
  }

  /// Only answered turns stay.
  package var isKept: Bool { status == .ok && id != nil }
}

extension ResumableRecords<AnsweredTurn> {
  /// The turns that are answered, by request. A request without turns has turn 0.
  package var answeredTurns: [String: Set<Int>] {
    records.reduce(into: [:]) { answered, record in
      if let id = record.id { answered[id, default: []].insert(record.turn ?? 0) }
    }
  }
}
