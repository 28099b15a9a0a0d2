// SPDX-License-Identifier: Apache-2.0

import Foundation
import Records

/// One line of a file of results.
package protocol ResultRecord: ResumableRecord, Codable {
  /// Why there is no result; such a record is made again when a run is resumed.
  var error: String? { get }
  var json: OrderedJSON { get }
}

extension ResultRecord {
  package var isKept: Bool { error == nil }
}

/// A file of results: a line that says what was evaluated, then one for each answer.
struct ResultFile<Record: ResultRecord> {
  private let file: ResumableRecords<Record>
  /// Answers that an earlier run has left.
  var records: [Record] { file.records }

  /// Opens a file for writing.
  ///
  /// - Parameter isResuming: keeps the results of the file, if they are of the same evaluation.
  /// - Throws: `EvaluationError.otherEvaluation` naming what differs, `notResults`, or `ReportedError` if the file
  ///   cannot be read or written.
  init(path: String, isResuming: Bool, identity: [(name: String, value: String)]) throws {
    if isResuming { try Self.checkFirstLine(of: path, against: identity) }
    let header = OrderedJSON.object(identity.map { ($0.name, .string($0.value)) })
    file = try ResumableRecords(path: path, isResuming: isResuming, header: header)
  }

  private static func checkFirstLine(of path: String, against identity: [(name: String, value: String)]) throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    // A run that was stopped before it wrote a line has left nothing.
    guard let line = try LineReader(path: path).first(where: { !$0.isBlank }) else { return }
    guard let text = line.text, let found = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8)),
      found["suite"] != nil
    else { throw EvaluationError.notResults(path: path) }
    for (name, value) in identity where found[name] != value {
      throw EvaluationError.otherEvaluation(path: path, name: name, found: found[name] ?? "none", wanted: value)
    }
  }

  func write(_ record: Record) throws(ReportedError) { try file.write(record.json) }
}

extension AnswerRecord: ResultRecord {}
extension CodeRecord: ResultRecord {}
