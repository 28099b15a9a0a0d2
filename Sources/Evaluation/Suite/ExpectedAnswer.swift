// SPDX-License-Identifier: Apache-2.0

import Foundation
import Records

/// Error in a line of answers.
private struct AnswerFault: Error {
  var detail: String
}

/// A line of the file with the right answers.
struct ExpectedAnswer: Decodable {
  private enum CodingKeys: String, CodingKey, CaseIterable { case id, answer, turn, kind, position }

  var id: String
  var turn: Int?
  var answer: String
  var kind: String?
  var position: AnswerPosition?

  /// The question that a line answers.
  struct Key: Hashable {
    var id: String
    var turn: Int
  }

  /// - Throws: `ReportedError` or `EvaluationError.badLine`.
  static func read(_ path: String) throws -> [Key: ExpectedAnswer] {
    var found: [Key: ExpectedAnswer] = [:]
    var reader = try LineReader(path: path)
    while let line = try reader.next() {
      if line.isBlank { continue }
      let answer: ExpectedAnswer
      do throws(AnswerFault) { answer = try Self.decode(line.text) } catch {
        throw EvaluationError.badLine(path: path, line: line.number, detail: error.detail)
      }
      let key = Key(id: answer.id, turn: answer.turn ?? 0)
      if found.updateValue(answer, forKey: key) != nil {
        throw EvaluationError.badLine(
          path: path, line: line.number, detail: "an earlier line answers “\(key.id)”, turn \(key.turn) too")
      }
    }
    return found
  }

  private static func decode(_ line: String?) throws(AnswerFault) -> ExpectedAnswer {
    let data = Data((line ?? "").utf8)
    let known = CodingKeys.allCases.map(\.rawValue)
    let names = (try? JSONDecoder().decode(MemberNames.self, fromUntrusted: data))?.names ?? []
    // A member that is passed over would change what is measured, and nobody would see it.
    if let unknown = names.first(where: { !known.contains($0) }) {
      throw AnswerFault(detail: "“\(unknown)” is no member of an answer; there are \(known.joined(separator: ", "))")
    }
    do { return try JSONDecoder().decode(ExpectedAnswer.self, fromUntrusted: data) } catch {
      throw AnswerFault(
        detail: "it is not an object with the strings “id” and “answer” and, optionally, the number “turn”, the string "
          + "“kind” and a “position”: \(AnswerPosition.allCases.map(\.rawValue).joined(separator: ", "))")
    }
  }
}

/// The names of the members of a JSON object, sorted.
private struct MemberNames: Decodable {
  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  var names: [String]

  init(from decoder: any Decoder) throws {
    names = try decoder.container(keyedBy: Key.self).allKeys.map(\.stringValue).sorted()
  }
}
