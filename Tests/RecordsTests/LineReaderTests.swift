// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform
import Records
import TestSupport
import Testing

@Suite("Lines of a request file")
struct LineReaderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func all(_ reader: LineReader) throws -> [LineReader.Line] {
    var reader = reader
    var lines: [LineReader.Line] = []
    while let line = try reader.next() { lines.append(line) }
    return lines
  }

  private func lines(_ text: String, limit: Int = 1 << 20) throws -> [LineReader.Line] {
    try all(LineReader(path: try folder.write(text, to: "lines"), limit: limit))
  }

  @Test("Lines come in order with their numbers; the last may lack its line feed")
  func order() throws {
    #expect(
      try lines("one\n\nthree") == [
        .init(number: 1, text: "one"), .init(number: 2, text: ""), .init(number: 3, text: "three"),
      ])
    #expect(try lines("one\n") == [.init(number: 1, text: "one")])
    #expect(try lines("").isEmpty)
  }

  @Test("White space alone is a blank line")
  func blank() throws {
    #expect(try lines("a\n \t\r\n\n").map(\.isBlank) == [false, true, true])
  }

  @Test("Lines longer than one read are put together", arguments: [65_535, 65_536, 65_537, 300_000])
  func acrossReads(length: Int) throws {
    let long = String(repeating: "x", count: length)
    #expect(
      try lines("a\n\(long)\nb\n") == [
        .init(number: 1, text: "a"), .init(number: 2, text: long), .init(number: 3, text: "b"),
      ])
  }

  @Test("A line above the limit is skipped whole, and the lines after it keep their numbers")
  func tooLong() throws {
    let limit = 100_000
    let fits = String(repeating: "x", count: limit)
    for excess in [1, 65_536, 500_000] {
      let long = fits + String(repeating: "y", count: excess)
      #expect(
        try lines("a\n\(long)\n\(fits)\nb", limit: limit) == [
          .init(number: 1, text: "a"), .init(number: 2, text: nil), .init(number: 3, text: fits),
          .init(number: 4, text: "b"),
        ])
      #expect(try lines(long, limit: limit) == [.init(number: 1, text: nil)])
    }
  }

  @Test("A line takes work in proportion to its length: each byte is looked at once")
  func linear() throws {
    let long = String(repeating: "x", count: 1 << 20)
    let text = "\(long)\n\(String(repeating: "\n", count: 100_000))\(long)\(long)"
    for limit in [1 << 19, 1 << 22] {
      var reader = try LineReader(path: try folder.write(text, to: "lines"), limit: limit)
      var count = 0
      while try reader.next() != nil { count += 1 }
      #expect(count == 100_002)
      #expect(reader.searchedByteCount == text.utf8.count)
    }
  }

  @Test("Bytes that are not UTF-8 are replaced")
  func notUTF8() throws {
    let path = try folder.write([0x61, 0xFF, 0x0A], to: "bytes")
    #expect(try all(LineReader(path: path)) == [.init(number: 1, text: "a\u{FFFD}")])
  }

  @Test("Where each line ends in the file is known, and whether it has its line feed")
  func ends() throws {
    var reader = try LineReader(path: try folder.write("one\n\nthré", to: "lines"))
    var found: [(Int, Bool)] = []
    while try reader.next() != nil { found.append((reader.end, reader.isLineComplete)) }
    #expect(found.map(\.0) == [4, 5, 10])
    #expect(found.map(\.1) == [true, true, false])
  }

  @Test("A read that fails is an error and not the end of the file")
  func fails() throws {
    let descriptor = open(folder.url.path, O_RDONLY)
    defer { close(descriptor) }
    var reader = LineReader(descriptor: descriptor, name: "requests")
    let error = #expect(throws: ReportedError.self) { try reader.next() }
    #expect(error?.message.contains("requests") == true)
  }

  @Test("A stop ends the wait for a pipe that nobody writes")
  func stops() throws {
    let pipe = folder.path("pipe")
    mkfifo(pipe, 0o600)
    let stop = StopSource()
    var reader = try LineReader(path: pipe, stop: stop)
    _ = startThread(name: "stopper") {
      usleep(200_000)
      stop.stop()
    }
    #expect(try reader.next() == nil)
    #expect(stop.isStopped)
  }

  @Test("A pipe that nobody writes is an error once it has been waited for")
  func writerless() throws {
    let pipe = folder.path("pipe")
    mkfifo(pipe, 0o600)
    var reader = try LineReader(path: pipe, writerTimeout: 0.2)
    let error = #expect(throws: ReportedError.self) { try reader.next() }
    #expect(error?.message.contains("no program writes this pipe") == true)
  }

  @Test("A missing file and a folder are refused by name")
  func refused() throws {
    for path in ["/nonexistent/r.jsonl", folder.url.path] {
      let error = try #require(throws: ReportedError.self) { try LineReader(path: path) }
      #expect(error.code == .requestMalformed && error.message.contains(path))
    }
  }
}
