// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform
import Records

/// One line of a file of results.
package protocol ResultRecord: ResumableRecord, Encodable {
  /// Why there is no result. A resumed run makes such a record again.
  var error: String? { get }
}

extension ResultRecord {
  /// A resumed run keeps the records without an error.
  package var isKept: Bool { error == nil }

  /// Records stand behind a first line that tells whose they are, so none is looked at by itself.
  package static func begins(_ line: String) -> Bool { false }
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
  ///   - identity: of the evaluation, as names and values.
  ///   - stop: ends the wait for the reader of a pipe. The lines that it does not take are lost then.
  /// - Throws: `ReportedError` naming the file, and what differs where it holds another evaluation's results or none.
  init(
    path: String, isResuming: Bool, identity: [(name: String, value: String)], stop: StopSource
  ) throws(ReportedError) {
    let line = OrderedJSON.object(([Self.format] + identity).map { ($0.name, .string($0.value)) })
    file = try ResumableRecords(
      path: path, isResuming: isResuming,
      header: RecordsHeader(line: line) { text, isResuming throws(ReportedError) in
        do throws(EvaluationError) {
          try Self.check(text, of: path, against: isResuming ? identity : nil)
        } catch {
          throw .outputUnwritable(message: error.message)
        }
      }, stop: stop)
  }

  /// - Parameter identity: nil accepts the results of any evaluation, also in an old format.
  private static func check(
    _ line: String, of path: String, against identity: [(name: String, value: String)]?
  ) throws(EvaluationError) {
    guard let found = try? JSONDecoder().decode([String: String].self, fromUntrusted: Data(line.utf8)),
      found["suite"] != nil
    else { throw .notResults(path: path) }
    guard let identity else {
      if found["model"] == nil { throw .notResults(path: path) }
      return
    }
    guard found[format.name] == format.value else { throw .oldFormat(path: path) }
    for (name, value) in identity where found[name] != value {
      throw .otherEvaluation(path: path, name: name, found: found[name] ?? "none", wanted: value)
    }
  }

  /// Appends a record.
  func write(_ record: Record) throws(ReportedError) { try file.write(line: SnakeCaseJSON.text(of: record)) }
}

extension AnswerRecord: ResultRecord {}
extension CodeRecord: ResultRecord {}
