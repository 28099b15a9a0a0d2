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
