// SPDX-License-Identifier: Apache-2.0

import Platform

/// Reads the lines of a file or of standard input one at a time, in bounded memory and in linear time.
///
/// A line that is longer than the limit is skipped as a whole, so that a file that is no request file cannot fill the
/// memory and the lines after it keep their numbers.
package struct LineReader {
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

  private let file: InputDescriptor
  private let limit: Int
  private let stop: StopSource?
  private var number = 0
  /// Bytes that were read. Those before `start` have been returned, those before `searched` hold no line feed.
  private var buffer: [UInt8] = []
  private var start = 0
  private var searched = 0
  /// Bytes of the file before those in `buffer`.
  private var bytesBefore = 0

  /// Bytes of the file up to the end of the line that was returned last, with its line feed.
  package var end: Int { bytesBefore + start }
  /// Bytes that were looked through for line feeds, each of them once.
  package private(set) var searchedByteCount = 0
  /// Whether the line that was returned last had a line feed.
  package private(set) var isLineComplete = true

  private static let chunkSize = 1 << 16

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: `-` for standard input.
  ///   - name: what errors call it; nil for the path.
  ///   - limit: bytes of the longest line that is returned.
  ///   - stop: ends the lines, also while more are waited for.
  ///   - writerTimeout: seconds for which a pipe is waited for that no program has opened for writing; nil for ever.
  /// - Throws: `ReportedError.requestMalformed` when the file cannot be opened.
  package init(
    path: String, name: String? = nil, limit: Int = usualLimit, stop: StopSource? = nil,
    writerTimeout: Double? = InputDescriptor.writerTimeout
  ) throws(ReportedError) {
    self.limit = limit
    self.stop = stop
    do throws(InputError) {
      file =
        path == "-"
        ? InputDescriptor(borrowing: STDIN_FILENO, name: "standard input")
        : try InputDescriptor(path: path, name: name, writerTimeout: writerTimeout)
    } catch {
      throw Self.reported(error)
    }
  }

  /// Reads an open file from its present offset. The descriptor stays the caller's.
  package init(descriptor: Int32, name: String, limit: Int = usualLimit) {
    self.limit = limit
    stop = nil
    file = InputDescriptor(borrowing: descriptor, name: name)
  }

  /// The next line; nil at the end of the file, and after a stop.
  ///
  /// - Throws: `ReportedError.requestMalformed` for a folder and where reading fails: the end of the file was not seen.
  package mutating func next() throws(ReportedError) -> Line? {
    var isTooLong = false
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        searchedByteCount += end + 1 - searched
        defer { (start, searched) = (end + 1, end + 1) }
        isLineComplete = true
        return line(upTo: end, isTooLong: isTooLong)
      }
      searchedByteCount += buffer.count - searched
      searched = buffer.count
      if buffer.count - start > limit {
        isTooLong = true
        discard(upTo: buffer.count)
      }
      if try readMore() { continue }
      // The last line may lack its line feed. After a stop it may lack more.
      guard stop?.isStopped != true, isTooLong || start < buffer.count else { return nil }
      defer { discard(upTo: buffer.count) }
      isLineComplete = false
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
  private mutating func readMore() throws(ReportedError) -> Bool {
    let more: [UInt8]
    do throws(InputError) { more = try file.read(upTo: Self.chunkSize, stop: stop) } catch {
      throw Self.reported(error)
    }
    if more.isEmpty { return false }
    discard(upTo: start)
    buffer += more
    return true
  }

  private mutating func discard(upTo end: Int) {
    guard end > 0 else { return }
    buffer.removeSubrange(..<end)
    bytesBefore += end
    searched -= end
    start = 0
  }

  private static func reported(_ error: InputError) -> ReportedError {
    switch error.reason {
    case .missing: .requestMalformed(message: "\(error.path) does not exist")
    case .folder: .requestMalformed(message: "\(error); it must be a file of JSON Lines")
    default: .requestMalformed(message: error.description)
    }
  }
}
