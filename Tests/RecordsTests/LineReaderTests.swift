// SPDX-License-Identifier: Apache-2.0

import Records
import TestSupport
import Testing

@Suite("Lines of a request file")
struct LineReaderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func lines(_ text: String, limit: Int = 1 << 20) throws -> [LineReader.Line] {
    Array(try LineReader(path: try folder.write(text, to: "lines"), limit: limit))
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

  @Test("Bytes that are not UTF-8 are replaced")
  func notUTF8() throws {
    let path = try folder.write([0x61, 0xFF, 0x0A], to: "bytes")
    #expect(Array(try LineReader(path: path)) == [.init(number: 1, text: "a\u{FFFD}")])
  }

  @Test("A missing file and a folder are refused by name")
  func refused() throws {
    for path in ["/nonexistent/r.jsonl", folder.url.path] {
      let error = try #require(throws: ReportedError.self) { try LineReader(path: path) }
      #expect(error.code == .requestMalformed && error.message.contains(path))
    }
  }
}
