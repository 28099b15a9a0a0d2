// SPDX-License-Identifier: Apache-2.0

import Records

/// A word in a text that is nearly JSON, where a value should stand: `01`, `NaN`, `'a'`.
struct BadJSONValue: CustomStringConvertible {
  /// The key before it. Both are cut off where they are long.
  let key: String
  let value: String

  private static let longest = 40

  /// The first behind a key; nil where every word is a value.
  init?(firstIn text: String) {
    let bytes = Array(text.utf8)
    var (string, key): (Range<Int>?, Range<Int>?)
    var index = 0
    func shown(_ range: Range<Int>) -> String {
      visible(String(decoding: bytes[range].prefix(Self.longest), as: UTF8.self))
        + (range.count > Self.longest ? "…" : "")
    }
    while index < bytes.count {
      let start = index
      switch bytes[index] {
      case UInt8(ascii: "\""):
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
          index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        string = start + 1..<min(index, bytes.count)
        index += 1
      case UInt8(ascii: ":"):
        key = string
        index += 1
      case let byte where Self.separators.contains(byte): index += 1
      default:
        while index < bytes.count, !Self.separators.contains(bytes[index]), bytes[index] != UInt8(ascii: "\"") {
          index += 1
        }
        guard let key, !Self.isValue(bytes[start..<index]) else { continue }
        (self.key, value) = (shown(key), shown(start..<index))
        return
      }
    }
    return nil
  }

  var description: String {
    "“\(key)”: \(value) is not valid JSON; write a number such as 1 or 0.5, true, false, null, or a text in double "
      + "quotes"
  }

  private static let separators = Set(" \t\r\n{}[],:".utf8)

  private static func isValue(_ word: ArraySlice<UInt8>) -> Bool {
    // No number of a request has as many digits.
    guard word.count <= 1000 else { return false }
    let value = /(-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+\-]?[0-9]+)?|true|false|null)/
    return String(decoding: word, as: UTF8.self).wholeMatch(of: value) != nil
  }
}
