// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform

/// The part of a record that a later run reads. Its keys are in snake_case in the file.
package protocol ResumableRecord: Decodable {
  /// Whether a resumed run keeps the record. It makes the others again.
  var isKept: Bool { get }
  /// Whether a line that was cut off begins as such records do and as no other line does.
  static func begins(_ line: String) -> Bool
}

/// The first line of a file of results, which is no record.
package struct RecordsHeader {
  /// The first line of a new file.
  package var line: OrderedJSON
  /// Checks the first line of a file that is resumed, or replaced if `isResuming` is false. It throws the line's error.
  package var check: (_ line: String, _ isResuming: Bool) throws(ReportedError) -> Void

  /// Memberwise; checks nothing.
  package init(
    line: OrderedJSON, check: @escaping (_ line: String, _ isResuming: Bool) throws(ReportedError) -> Void
  ) {
    self.line = line
    self.check = check
  }
}

/// A file of results, one JSON object a line, that a later run can resume.
///
/// Resuming keeps the lines that decode as good records and takes out the rest: errors, and a last line that was cut
/// off. A file with any other line is left as it is, whether it is resumed or would be replaced. So is a file of one
/// line that was cut off, unless it begins as results do: nothing else tells that it is one.
package struct ResumableRecords<Record: ResumableRecord> {
  /// Records of an earlier run, in the order of the file; empty for a run of its own.
  package let records: [Record]
  private let output: LineFile

  /// Opens the output.
  ///
  /// - Parameters:
  ///   - path: the file; nil or `-` for standard output, which cannot be resumed.
  ///   - inputs: files that this run reads; `-` for standard input. They are never written.
  ///   - isResuming: keeps the good records of the file, if there is one. Otherwise it is emptied.
  ///   - header: the first line. It replaces the one in the file.
  ///   - stop: ends the wait for the reader of a pipe. The lines that it does not take are lost then.
  /// - Throws: `ReportedError.outputUnwritable` naming the file and the reason, or what the check of the header throws.
  ///   The file is as it was then.
  package init(
    path: String?, inputs: [String] = [], isResuming: Bool, header: RecordsHeader? = nil, stop: StopSource? = nil
  ) throws(ReportedError) {
    let path = path == "-" ? nil : path
    output = try LineFile(path: path, inputs: inputs, stop: stop)
    guard let path, output.isFile, !output.isEmpty else {
      records = []
      if let header { try output.write(header.line) }
      return
    }
    var contents = Contents<Record>(header: header, isResuming: isResuming)
    var lines = output.lines(limit: 8 * LineReader.usualLimit)
    while let line = try lines.next() {
      switch try contents.add(line, upTo: lines.end, isComplete: lines.isLineComplete) {
      case .ours: break
      case .foreign: throw Self.refusal(path, line: line.number, isResuming: isResuming)
      case .unknown:
        throw .outputUnwritable(
          message:
            "\(path) holds nothing but a line that was cut off and may not be a result; remove the file if it is "
            + "one, or name another file")
      }
    }
    records = isResuming ? contents.records : []
    if isResuming {
      try contents.tidy(output)
    } else {
      try output.cut(to: 0)
      if let header { try output.write(header.line) }
    }
  }

  /// Writes one line, at once.
  ///
  /// - Throws: `ReportedError.outputUnwritable` naming the file and the reason.
  package func write(_ record: OrderedJSON) throws(ReportedError) { try output.write(record) }

  /// Writes one line that is a JSON object already.
  ///
  /// - Throws: `ReportedError.outputUnwritable` naming the file and the reason.
  package func write(line: String) throws(ReportedError) { try output.write(line: line) }

  private static func refusal(_ path: String, line: Int, isResuming: Bool) -> ReportedError {
    .outputUnwritable(
      message: isResuming
        ? "\(path) cannot be resumed: line \(line) is not a result of this command; name another file, or "
          + "take the line out"
        : "\(path) is not a file of results (line \(line)) and would be lost; name another file, or remove it first")
  }
}

/// The contents of a result file, line by line.
private struct Contents<Record: ResumableRecord> {
  /// The origin of a line, and so of the file.
  enum Origin {
    /// It may be one of these results, or a part of one behind others.
    case ours
    /// It is none of these results.
    case foreign
    /// It was cut off, stands alone, and may be anything.
    case unknown
  }

  private let header: RecordsHeader?
  private let isResuming: Bool
  /// The good records.
  private(set) var records: [Record] = []
  /// Where their lines are, in bytes, line feeds included. Neighbours are joined.
  private var kept: [Range<Int>] = []
  /// The header in the file; nil until it was read.
  private var headerText: String?
  private var end = 0
  /// Whether no line was taken but blank ones.
  private var isFirst = true
  /// Whether the last good line lacks its line feed.
  private var isLastLineOpen = false

  init(header: RecordsHeader?, isResuming: Bool) {
    self.header = header
    self.isResuming = isResuming
  }

  /// Takes the next line.
  ///
  /// - Parameter upTo: where it ends in the file.
  /// - Throws: what the check of the header throws.
  mutating func add(_ line: LineReader.Line, upTo: Int, isComplete: Bool) throws(ReportedError) -> Origin {
    let range = end..<upTo
    end = upTo
    if line.isBlank { return .ours }
    guard let text = line.text else { return .foreign }
    defer { isFirst = false }
    let isCut = !isComplete && !Self.isJSON(text)
    if let header, headerText == nil {
      if isCut { return Self.begins(header, text) ? .ours : .unknown }
      try header.check(text, isResuming)
      headerText = text + (isComplete ? "\n" : "")
      return .ours
    }
    // The records of a file that begins as results do are not looked at when it is replaced.
    if header != nil, !isResuming { return .ours }
    if let record = try? SnakeCaseJSON.decode(Record.self, from: Data(text.utf8)) {
      if record.isKept {
        records.append(record)
        keep(range)
        isLastLineOpen = !isComplete
      }
      return .ours
    }
    // A disk that was full, or a machine that lost power, may leave any part of a line, or zeros.
    guard isCut, text.hasPrefix("{\"") || text == "{" || text.allSatisfy({ $0 == "\0" }) else { return .foreign }
    return !isFirst || Record.begins(text) ? .ours : .unknown
  }

  /// Whether a line that was cut off is the beginning of a header, with its first member at least.
  private static func begins(_ header: RecordsHeader, _ text: String) -> Bool {
    let beginning = text.prefix { $0 != "\0" && $0 != "\u{FFFD}" }
    return beginning.contains(",") && header.line.text.hasPrefix(beginning)
  }

  private mutating func keep(_ range: Range<Int>) {
    if let last = kept.last, last.upperBound == range.lowerBound {
      kept[kept.count - 1] = last.lowerBound..<range.upperBound
    } else {
      kept.append(range)
    }
  }

  private static func isJSON(_ text: String) -> Bool {
    (try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)) != nil
  }

  /// Takes out of the file what is not kept. Nothing is written where nothing has to be.
  ///
  /// - Throws: `ReportedError.outputUnwritable`.
  func tidy(_ output: LineFile) throws(ReportedError) {
    let wanted = header.map { $0.line.text + "\n" } ?? ""
    let start = wanted.utf8.count
    if (headerText ?? "") == wanted, kept.isEmpty || (kept.count == 1 && kept[0].lowerBound == start) {
      let keptEnd = kept.first?.upperBound ?? start
      if keptEnd < end { try output.cut(to: keptEnd) }
    } else {
      try output.replaceContents(head: Array(wanted.utf8), keeping: kept)
    }
    if isLastLineOpen { try output.write(line: "") }
  }
}
