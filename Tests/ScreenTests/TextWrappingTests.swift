// SPDX-License-Identifier: Apache-2.0

import Screen
import Testing

@Suite struct TextWrappingTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var text: String
    var width: Int
    var lines: [String]
    var testDescription: String { "\(text.debugDescription) at \(width)" }
  }

  @Test(
    "text breaks where readers expect it",
    arguments: [
      Case(text: "", width: 10, lines: [""]),
      Case(text: "one two three", width: 7, lines: ["one two", "three"]),
      Case(text: "one two three", width: 8, lines: ["one two", "three"]),
      Case(text: "one  two", width: 8, lines: ["one  two"]),
      Case(text: "one   two", width: 5, lines: ["one", "two"]),
      Case(text: "  indented text", width: 10, lines: ["  indented", "text"]),
      Case(text: "a\nb\n\nc", width: 9, lines: ["a", "b", "", "c"]),
      Case(text: "ends here\n", width: 20, lines: ["ends here", ""]),
      Case(text: "incomprehensible", width: 6, lines: ["incomp", "rehens", "ible"]),
      Case(text: "an incomprehensible", width: 6, lines: ["an", "incomp", "rehens", "ible"]),
      Case(text: "a key-value cache", width: 7, lines: ["a key-", "value", "cache"]),
      Case(text: "take -10 away", width: 7, lines: ["take", "-10", "away"]),
      Case(text: "漢字仮名交じり文", width: 6, lines: ["漢字仮", "名交じ", "り文"]),
      Case(text: "漢字仮名", width: 5, lines: ["漢字", "仮名"]),
      Case(text: "赤い丸。青い", width: 6, lines: ["赤い", "丸。青", "い"]),
      Case(text: "これは「本」です", width: 8, lines: ["これは", "「本」で", "す"]),
      Case(text: "see 漢字 here", width: 6, lines: ["see 漢", "字", "here"]),
      Case(text: "😀😀😀", width: 4, lines: ["😀😀", "😀"]),
      Case(text: "👩\u{200D}👧 x", width: 4, lines: ["👩\u{200D}👧", "x"]),
      Case(text: "e\u{301}e\u{301}e\u{301}", width: 2, lines: ["e\u{301}e\u{301}", "e\u{301}"]),
      Case(text: "漢字", width: 1, lines: ["漢", "字"]),
      Case(text: "abc", width: 0, lines: ["a", "b", "c"]),
      Case(text: "a\r\nb\tc", width: 20, lines: ["a", "b    c"]),
    ])
  func breaks(example: Case) {
    #expect(wrapped(example.text, width: example.width) == example.lines)
  }

  @Test("no line is wider than asked, unless one grapheme alone is", arguments: 1...24)
  func neverTooWide(width: Int) {
    let text = "Mixed 漢字かな and words, e\u{301}a\u{300}, 👩\u{200D}👩\u{200D}👧 family; longlonglonglongword 한국어."
    for line in wrapped(text, width: width) {
      #expect(displayWidth(of: line) <= width || line.count == 1)
    }
  }

  @Test("nothing but spaces is lost")
  func keepsEverything() {
    let text = "The red circle 赤い丸 passes — slowly — behind   the well-known tree 🌳."
    for width in 1...40 {
      #expect(wrapped(text, width: width).joined().filter { $0 != " " } == text.filter { $0 != " " })
    }
  }
}
