// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Where results go: each is written whole and at once.
package final class RecordOutput {
  private let descriptor: Int32
  private let name: String

  /// Opens the output.
  ///
  /// - Parameters:
  ///   - path: a file, emptied unless `keepingContents`; nil for standard output.
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
      throw .outputUnwritable(message: "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
  }

  deinit {
    if descriptor != STDOUT_FILENO { close(descriptor) }
  }

  /// Writes a record as one line.
  package func write(_ record: OrderedJSON) throws(ReportedError) { try write(line: record.text) }

  /// Writes one line.
  package func write(line: String) throws(ReportedError) {
    let bytes = Array((line + "\n").utf8)
    var start = 0
    while start < bytes.count {
      let written = bytes.withUnsafeBytes { buffer in
        Foundation.write(descriptor, buffer.baseAddress.map { $0 + start }, bytes.count - start)
      }
      if written < 0 {
        if errno == EINTR { continue }
        throw .outputUnwritable(message: "\(name) cannot be written: \(String(cString: strerror(errno)))")
      }
      start += written
    }
  }
}
