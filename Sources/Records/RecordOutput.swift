// SPDX-License-Identifier: Apache-2.0

import Platform

/// An output file of lines. Each line is written whole and at once.
package final class RecordOutput {
  private let descriptor: Int32
  private let name: String

  /// Opens the output.
  ///
  /// - Parameters:
  ///   - path: nil for standard output.
  ///   - keepingContents: appends to the file; otherwise it is emptied.
  /// - Throws: `ReportedError.outputUnwritable` naming the file and the reason.
  package init(path: String?, keepingContents: Bool) throws(ReportedError) {
    guard let path else {
      descriptor = STDOUT_FILENO
      name = "standard output"
      return
    }
    name = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (keepingContents ? O_APPEND : O_TRUNC), 0o644)
    if descriptor < 0 {
      throw .outputUnwritable(message: "\(path) cannot be written: \(errorText(errno))")
    }
  }

  deinit {
    if descriptor != STDOUT_FILENO { close(descriptor) }
  }

  /// Writes a record as one line.
  ///
  /// - Throws: `ReportedError.outputUnwritable` naming the file and the reason.
  package func write(_ record: OrderedJSON) throws(ReportedError) { try write(line: record.text) }

  /// Writes one line.
  ///
  /// - Parameter line: without its line feed.
  /// - Throws: `ReportedError.outputUnwritable` naming the file and the reason.
  package func write(line: String) throws(ReportedError) {
    let problem = writeAll(Array((line + "\n").utf8), to: descriptor)
    if problem != 0 {
      throw .outputUnwritable(message: "\(name) cannot be written: \(errorText(problem))")
    }
  }
}
