// SPDX-License-Identifier: Apache-2.0

import Foundation
import Records

/// One line of a file of results.
protocol ResultRecord: Codable {
  /// Why there is no result; such a record is made again when a run is resumed.
  var error: String? { get }
  var json: OrderedJSON { get }
}

/// A file of results: a line that says what was evaluated, then one for each answer.
struct ResultFile<Record: ResultRecord> {
  private let output: RecordOutput
  /// Answers that an earlier run has left.
  let records: [Record]

  /// Opens a file for writing.
  ///
  /// - Parameter isResuming: keeps what is there, if it is of the same evaluation; a last line that was cut off goes.
  /// - Throws: `EvaluationError.otherEvaluation` naming what differs, `notResults`, or
  ///   `ReportedError.outputUnwritable`.
  init(path: String, isResuming: Bool, identity: [(name: String, value: String)]) throws {
    let header = OrderedJSON.object(identity.map { ($0.name, .string($0.value)) })
    guard isResuming, FileManager.default.fileExists(atPath: path) else {
      records = []
      output = try RecordOutput(path: path, keepingContents: false)
      try output.write(header)
      return
    }
    let text: String
    do { text = try String(contentsOfFile: path, encoding: .utf8) } catch {
      throw EvaluationError.unreadable(path: path, detail: error.localizedDescription)
    }
    let lines = text.split(separator: "\n")
    try Self.check(lines.first, of: path, against: identity)
    var kept = header.text + "\n"
    var records: [Record] = []
    for line in lines.dropFirst() {
      guard let record = try? JSONDecoder().decode(Record.self, from: Data(line.utf8)), record.error == nil
      else { continue }
      records.append(record)
      kept += line + "\n"
    }
    if kept != text {
      do { try kept.write(toFile: path, atomically: true, encoding: .utf8) } catch {
        throw ReportedError.outputUnwritable(message: "\(path) cannot be resumed: \(error.localizedDescription)")
      }
    }
    self.records = records
    output = try RecordOutput(path: path, keepingContents: true)
  }

  private static func check(
    _ line: Substring?, of path: String, against identity: [(name: String, value: String)]
  ) throws(EvaluationError) {
    // A run that was stopped before its first line was whole has left nothing.
    guard let line else { return }
    guard let found = try? JSONDecoder().decode([String: String].self, from: Data(line.utf8)), found["suite"] != nil
    else { throw .notResults(path: path) }
    for (name, value) in identity where found[name] != value {
      throw .otherEvaluation(path: path, name: name, found: found[name] ?? "none", wanted: value)
    }
  }

  func write(_ record: Record) throws(ReportedError) { try output.write(record.json) }
}

extension AnswerRecord: ResultRecord {}
extension CodeRecord: ResultRecord {}
