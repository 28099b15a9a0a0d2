// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a later run has to know of a record.
package protocol ResumableRecord: Decodable {
  /// Whether a resumed run keeps the record. It makes the others again.
  var isKept: Bool { get }
}

/// A file of results, one JSON object a line, that a later run can resume.
///
/// Resuming keeps the lines that decode as good records and rewrites the file without the rest: errors, and a last line
/// that was cut off.
package struct ResumableRecords<Record: ResumableRecord> {
  /// What an earlier run has left, in the order of the file; empty for a run of its own.
  package let records: [Record]
  private let output: RecordOutput

  /// Opens the output.
  ///
  /// - Parameters:
  ///   - path: the file; nil for standard output, which cannot be resumed.
  ///   - isResuming: keeps the good records of the file, if there is one. Otherwise it is emptied.
  ///   - header: the first line, which is no record. It replaces the one in the file.
  /// - Throws: `ReportedError.outputUnwritable` naming the file and the reason.
  package init(path: String?, isResuming: Bool, header: OrderedJSON? = nil) throws(ReportedError) {
    guard isResuming, let path, FileManager.default.fileExists(atPath: path) else {
      records = []
      output = try RecordOutput(path: path, keepingContents: false)
      if let header { try output.write(header) }
      return
    }
    do {
      records = try Self.keepGoodRecords(of: path, header: header)
    } catch {
      throw .outputUnwritable(message: "\(path) cannot be resumed: \(error.localizedDescription)")
    }
    output = try RecordOutput(path: path, keepingContents: true)
  }

  /// Writes one line, at once.
  ///
  /// - Throws: `ReportedError.outputUnwritable` naming the file and the reason.
  package func write(_ record: OrderedJSON) throws(ReportedError) { try output.write(record) }

  /// Writes one line that is a JSON object already.
  ///
  /// - Throws: `ReportedError.outputUnwritable` naming the file and the reason.
  package func write(line: String) throws(ReportedError) { try output.write(line: line) }

  private static func keepGoodRecords(of path: String, header: OrderedJSON?) throws -> [Record] {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    var kept = header.map { $0.text + "\n" } ?? ""
    var records: [Record] = []
    for line in text.split(separator: "\n").dropFirst(header == nil ? 0 : 1) {
      guard let record = try? JSONDecoder().decode(Record.self, from: Data(line.utf8)), record.isKept else { continue }
      records.append(record)
      kept += line + "\n"
    }
    if kept != text { try kept.write(toFile: path, atomically: true, encoding: .utf8) }
    return records
  }
}

/// What a result line of `--batch` and `code` says about which request it answers.
package struct AnsweredTurn: ResumableRecord {
  /// The id of the request or task.
  package var id: String
  /// Counted from 0; nil where the request has no turns.
  package var turn: Int?
  /// `ok` or `error`.
  package var status: String

  /// Only answered turns stay.
  package var isKept: Bool { status == "ok" }
}

extension ResumableRecords<AnsweredTurn> {
  /// The turns that are answered, by request. A request without turns has turn 0.
  package var answeredTurns: [String: Set<Int>] {
    records.reduce(into: [:]) { $0[$1.id, default: []].insert($1.turn ?? 0) }
  }
}
