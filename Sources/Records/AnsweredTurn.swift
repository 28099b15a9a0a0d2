// SPDX-License-Identifier: Apache-2.0

/// A result line of `--batch` or `code`: the request and the turn that it answers, with its status.
package struct AnsweredTurn: ResumableRecord {
  /// The id of the request or task; nil for a line that could not be read as one.
  package var id: String?
  /// The line of the request file that is no request; nil for results of requests that could be read.
  package var line: Int?
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

  private enum CodingKeys: String, CodingKey { case id, line, turn, status, answer, code, error }

  /// Reads a result line. Lines of other programs may have an id and a status too, but not what a result has besides.
  ///
  /// - Throws: `DecodingError` for a line that is no result.
  package init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    status = try members.decode(Status.self, forKey: .status)
    let contents: [CodingKeys] = status == .ok ? [.answer, .code] : [.error]
    guard members.contains(.id), contents.contains(where: members.contains) else {
      throw DecodingError.keyNotFound(CodingKeys.id, .init(codingPath: [], debugDescription: "it is no result"))
    }
    id = try members.decodeIfPresent(String.self, forKey: .id)
    line = try members.decodeIfPresent(Int.self, forKey: .line)
    turn = try members.decodeIfPresent(Int.self, forKey: .turn)
  }

  /// Only answered turns stay.
  package var isKept: Bool { status == .ok && id != nil }

  /// Whether a line that was cut off begins as results do, from its first byte to its status.
  package static func begins(_ line: String) -> Bool {
    let beginning = #/\{("line":\d+,)?"id":("([^"\\]|\\.)*"|null),("turn":\d+,)?"status":"(ok|error)",/#
    return line.prefixMatch(of: beginning) != nil
  }
}

extension ResumableRecords<AnsweredTurn> {
  /// The turns that are answered, by request. A request without turns has turn 0.
  package var answeredTurns: [String: Set<Int>] {
    records.reduce(into: [:]) { answered, record in
      if let id = record.id { answered[id, default: []].insert(record.turn ?? 0) }
    }
  }
}
