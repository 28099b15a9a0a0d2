// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Lines of a file or of standard input, one at a time, in bounded memory.
package struct LineReader: Sequence, IteratorProtocol {
  private let handle: FileHandle
  private var buffer = Data()
  private var isAtEnd = false

  /// A line longer than this is cut off, so that a file that is no request file cannot fill the memory.
  private static let longestLine = 16 << 20

  /// - Parameter path: `-` for standard input.
  /// - Throws: `ReportedError.requestMalformed` when the file cannot be opened.
  package init(path: String) throws(ReportedError) {
    if path == "-" {
      handle = FileHandle.standardInput
      return
    }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw .requestMalformed(message: "\(path) does not exist")
    }
    guard !isFolder.boolValue, let handle = FileHandle(forReadingAtPath: path) else {
      throw .requestMalformed(message: "\(path) cannot be read; it must be a file of JSON Lines")
    }
    self.handle = handle
  }

  package mutating func next() -> String? {
    while true {
      if let end = buffer.firstIndex(of: 0x0A) {
        defer { buffer = Data(buffer[(end + 1)...]) }
        return String(decoding: buffer[..<end], as: UTF8.self)
      }
      if isAtEnd || buffer.count > Self.longestLine {
        defer { buffer = Data() }
        return buffer.isEmpty ? nil : String(decoding: buffer, as: UTF8.self)
      }
      let more = (try? handle.read(upToCount: 1 << 16)) ?? nil
      if let more, !more.isEmpty { buffer.append(more) } else { isAtEnd = true }
    }
  }
}
