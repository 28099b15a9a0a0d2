// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Reads the lines of a file or of standard input one at a time, in bounded memory and in linear time.
///
/// A line that is longer than the limit is skipped as a whole, so that a file that is no request file cannot fill the
/// memory and the lines after it keep their numbers.
package struct LineReader: Sequence, IteratorProtocol {
  /// One line, without its line feed.
  package struct Line: Sendable, Equatable {
    /// Counted from 1.
    package var number: Int
    /// nil if the line is longer than the limit. Bytes that are not UTF-8 are replaced.
    package var text: String?

    /// Makes a line as if it had been read.
    package init(number: Int, text: String?) {
      self.number = number
      self.text = text
    }

    /// Whether the line holds nothing but white space.
    package var isBlank: Bool { text?.allSatisfy(\.isWhitespace) ?? false }
  }

  /// The limit in bytes that request files and answer files have.
  package static let usualLimit = 16 << 20

  private let handle: FileHandle
  private let limit: Int
  private var number = 0
  /// Bytes that were read. Those before `start` have been returned, those before `searched` hold no line feed.
  private var buffer: [UInt8] = []
  private var start = 0
  private var searched = 0

  private static let chunkSize = 1 << 16

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: `-` for standard input.
  ///   - limit: bytes of the longest line that is returned.
  /// - Throws: `ReportedError.requestMalformed` when the file cannot be opened.
  package init(path: String, limit: Int = usualLimit) throws(ReportedError) {
    self.limit = limit
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

  package mutating func next() -> Line? {
    var isTooLong = false
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { (start, searched) = (end + 1, end + 1) }
        return line(upTo: end, isTooLong: isTooLong)
      }
      searched = buffer.count
      if buffer.count - start > limit {
        isTooLong = true
        discard(upTo: buffer.count)
      }
      if readMore() { continue }
      // The last line may lack its line feed.
      guard isTooLong || start < buffer.count else { return nil }
      defer { discard(upTo: buffer.count) }
      return line(upTo: buffer.count, isTooLong: isTooLong)
    }
  }

  private mutating func line(upTo end: Int, isTooLong: Bool) -> Line {
    number += 1
    let isReturned = !isTooLong && end - start <= limit
    return Line(number: number, text: isReturned ? String(decoding: buffer[start..<end], as: UTF8.self) : nil)
  }

  /// Reads the next bytes of the file.
  ///
  /// - Returns: false at its end.
  private mutating func readMore() -> Bool {
    guard let more = try? handle.read(upToCount: Self.chunkSize), !more.isEmpty else { return false }
    discard(upTo: start)
    buffer += more
    return true
  }

  private mutating func discard(upTo end: Int) {
    guard end > 0 else { return }
    buffer.removeSubrange(..<end)
    searched -= end
    start = 0
  }
}
