// SPDX-License-Identifier: Apache-2.0

import Foundation
import Records

/// One line of a file of results.
package protocol ResultRecord: ResumableRecord, Encodable {
  /// Why there is no result. A resumed run makes such a record again.
  var error: String? { get }
}

extension ResultRecord {
  /// A resumed run keeps the records without an error.
  package var isKept: Bool { error == nil }
}

/// A file of results: a line that identifies the evaluation, then one line for each record.
struct ResultFile<Record: ResultRecord> {
  private let file: ResumableRecords<Record>
  /// Records of an earlier run.
  var records: [Record] { file.records }

  /// Version of the records' keys and units. Files without one are of version 1: camelCase and milliseconds.
  private static var format: (name: String, value: String) { ("format", "2") }

  /// Opens a file for writing.
  ///
  /// - Parameters:
  ///   - isResuming: keeps the records of the file, if they are of the same evaluation.
  ///   - identity: what is evaluated, by name.
  /// - Throws: `EvaluationError.otherEvaluation` naming what differs, `notResults`, `oldFormat`, or `ReportedError` if
  ///   the file cannot be read or written.
  init(path: String, isResuming: Bool, identity: [(name: String, value: String)]) throws {
    if isResuming { try Self.checkFirstLine(of: path, against: identity) }
    let header = OrderedJSON.object(([Self.format] + identity).map { ($0.name, .string($0.value)) })
    file = try ResumableRecords(path: path, isResuming: isResuming, header: header)
  }

  private static func checkFirstLine(of path: String, against identity: [(name: String, value: String)]) throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    // A run that was stopped before it wrote a line has left nothing.
    guard let line = try LineReader(path: path).first(where: { !$0.isBlank }) else { return }
    guard let text = line.text, let found = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8)),
      found["suite"] != nil
    else { throw EvaluationError.notResults(path: path) }
    guard found[format.name] == format.value else { throw EvaluationError.oldFormat(path: path) }
    for (name, value) in identity where found[name] != value {
      throw EvaluationError.otherEvaluation(path: path, name: name, found: found[name] ?? "none", wanted: value)
    }
  }

  /// Appends a record.
  func write(_ record: Record) throws(ReportedError) { try file.write(line: SnakeCaseJSON.text(of: record)) }
}

extension AnswerRecord: ResultRecord {}
extension CodeRecord: ResultRecord {}
