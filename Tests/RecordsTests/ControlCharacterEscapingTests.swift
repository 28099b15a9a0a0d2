// SPDX-License-Identifier: Apache-2.0

import Foundation
import Records
import Testing

@Suite("Text of others on a terminal")
struct ControlCharacterEscapingTests {
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
