// SPDX-License-Identifier: Apache-2.0

import Foundation
import Records
import Testing

@Suite("JSON in the order of its members")
struct OrderedJSONTests {
  @Test("Members keep their order")
  func order() {
    let value: OrderedJSON = ["id": "z", "a": 1, "inner": ["y": 2, "b": .bool(true)]]
    #expect(value.text == #"{"id":"z","a":1,"inner":{"y":2,"b":true}}"#)
  }

  @Test("Any text survives as one line")
  func escaping() throws {
    let text = "line\nbreak \"quoted\" \\ tab\t \u{1}\u{7F} é 🐈‍⬛ \u{2028}"
    let value: OrderedJSON = ["t": .string(text)]
    #expect(!value.text.contains("\n"))
    let decoded = try JSONDecoder().decode([String: String].self, from: Data(value.text.utf8))
    #expect(decoded["t"] == text)
  }

  @Test("Numbers have three decimals at most, and what is no number is null")
  func numbers() {
    #expect(OrderedJSON.number(0.123456).text == "0.123")
    #expect(OrderedJSON.number(12).text == "12.0")
    #expect(OrderedJSON.number(.infinity).text == "null")
    #expect(OrderedJSON.number(1e308).text == "1e+308")
    #expect(OrderedJSON.number(-.greatestFiniteMagnitude).text == "-1.7976931348623157e+308")
  }

  @Test("A record with a number that JSON does not have is written, with null in its place")
  func notFinite() {
    struct Record: Encodable {
      var relativeError: Double
      var name: String
    }
    for value in [Double.nan, .infinity, -.infinity] {
      #expect(SnakeCaseJSON.text(of: Record(relativeError: value, name: "a")) == #"{"name":"a","relative_error":null}"#)
    }
  }
}

@Suite("Text of others on a terminal")
struct VisibleTextTests {
  private let hostile = "a\u{1B}]52;c;\u{7}\u{9B}2J\u{202E}b\n\u{2028}\u{7F}\tc"

  @Test("Control characters are written out, line feeds only where lines are kept")
  func controls() {
    #expect(visible("a\u{1B}[2Jb\r\nc") == "a\\u{1b}[2Jb\\u{d}\\u{a}c")
    #expect(visible("\u{9B}31m \u{202E}x\u{7F}\u{2028}") == "\\u{9b}31m \\u{202e}x\\u{7f}\\u{2028}")
    #expect(visible("a\nb\u{1B}", keepingLines: true) == "a\nb\\u{1b}")
  }

  @Test("Letters of all kinds, and what joins them, stay")
  func letters() {
    let text = "é ß 文 👩‍👧 ‌نمی‌خواهم A\u{301}"
    #expect(visible(text) == text)
  }

  @Test("JSON shows none of them raw, and means the same")
  func json() throws {
    for text in [
      OrderedJSON.object([(hostile, .string(hostile))]).text, SnakeCaseJSON.text(of: [hostile: hostile]),
    ] {
      #expect(visible(text) == text)
      #expect(try JSONDecoder().decode([String: String].self, from: Data(text.utf8)) == [hostile: hostile])
    }
  }
}
