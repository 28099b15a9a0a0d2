// SPDX-License-Identifier: Apache-2.0

import TestSupport

/// Damages texts of JSON as programs with faults and hostile people would: bytes at random, and whole values.
struct JSONMutator {
  private var generator: SplitMix64

  init(seed: UInt64) {
    generator = SplitMix64(seed: seed)
  }

  /// Values at which careless decoding goes wrong.
  private static let hostile: [String] = [
    "null", "true", "[]", "{}", "\"\"", "-1", "0", "-0.0", "0.5", "1e308", "1e999", "-1e999", "1e-999",
    "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551615",
    "18446744073709551616", "99999999999999999999999999999999", "NaN", "Infinity", "\"\\u0000\"", "\"\\ud800\"",
    "\"\\u202e\\u001b[2J\"", "\"\u{FEFF}\"", "[[[[[[[[]]]]]]]]", "{\"a\":{\"a\":{\"a\":1}}}", "\"../../etc/passwd\"",
    "\"/dev/zero\"", "\"-\"", "\"rtsp://\"", "[1,2,3]", "[null]", "{\"id\":1}",
  ]
  private static let punctuation = Array("{}[]\",:\\ \n\r\t\u{0}".utf8)

  /// One of several, with one to four kinds of damage.
  mutating func damaged(_ texts: [String]) -> [UInt8] {
    var text = Array(texts[below(texts.count)].utf8)
    for _ in 0...[0, 0, 1, 3][below(4)] { change(&text) }
    return text
  }

  private mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }

  private mutating func change(_ text: inout [UInt8]) {
    guard text.count > 2 else { return }
    let place = below(text.count - 1)
    switch below(12) {
    case 0: text[place] ^= 1 << UInt8(below(8))
    case 1: text[place] = UInt8(below(256))
    case 2: text.insert(Self.punctuation[below(Self.punctuation.count)], at: place)
    case 3: text.removeSubrange(place..<min(text.count, place + 1 + below(16)))
    case 4: text.insert(contentsOf: text[place..<min(text.count, place + 1 + below(64))], at: place)
    case 5: text.removeLast(below(text.count))
    case 6:
      let depth = 1 << below(12)
      let open = Array(repeating: UInt8(ascii: below(2) == 0 ? "[" : "{"), count: depth)
      text.replaceSubrange(value(from: place, in: text), with: open)
    case 7: text.replaceSubrange(value(from: place, in: text), with: Array(repeating: UInt8(ascii: "9"), count: 400))
    default:
      text.replaceSubrange(value(from: place, in: text), with: Array(Self.hostile[below(Self.hostile.count)].utf8))
    }
  }

  /// Where the next value of a member stands: from a colon to the comma or brace behind it.
  private func value(from place: Int, in text: [UInt8]) -> Range<Int> {
    guard let colon = text[place...].firstIndex(of: UInt8(ascii: ":")) else { return place..<place }
    let end = text[(colon + 1)...].firstIndex { [UInt8(ascii: ","), UInt8(ascii: "}")].contains($0) }
    return colon + 1..<(end ?? text.count)
  }
}
