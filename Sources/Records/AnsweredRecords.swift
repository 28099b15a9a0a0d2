// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a resumed run finds in its output file.
package struct AnsweredRecords {
  /// Turns already answered, by request.
  package private(set) var answered: [String: Set<Int>] = [:]

  package init() {}

  /// Reads an output file and takes out of it what will be made again: errors, and a last line that was cut off.
  ///
  /// - Throws: `ReportedError.outputUnwritable` when the file cannot be read or replaced.
  package static func resume(path: String) throws(ReportedError) -> AnsweredRecords {
    var progress = AnsweredRecords()
    guard FileManager.default.fileExists(atPath: path) else { return progress }
    do {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      var kept = ""
      for line in text.split(separator: "\n") {
        guard let record = try? JSONDecoder().decode(Record.self, from: Data(line.utf8)), record.status == "ok" else {
          continue
        }
        progress.answered[record.id, default: []].insert(record.turn ?? 0)
        kept += line + "\n"
      }
      if kept != text { try kept.write(toFile: path, atomically: true, encoding: .utf8) }
    } catch {
      throw .outputUnwritable(message: "\(path) cannot be resumed: \(error.localizedDescription)")
    }
    return progress
  }

  private struct Record: Decodable {
    var id: String
    var turn: Int?
    var status: String
  }
}
