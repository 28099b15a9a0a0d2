// SPDX-License-Identifier: Apache-2.0

import Screen
import Testing

@Suite struct DisplayWidthTests {
  @Test(
    "characters take the columns that terminals give them",
    arguments: [
      ("a", 1), ("ä", 1), ("e\u{301}", 1), ("→", 1), ("▀", 1), ("м", 1), ("ｱ", 1),
      ("漢", 2), ("あ", 2), ("한", 2), ("\u{1112}\u{1161}\u{11AB}", 2), ("Ａ", 2), ("、", 2), ("😀", 2), ("⌚", 2),
      ("\u{200B}", 0),
      ("\u{200D}", 0), ("\u{202E}", 0), ("\u{FEFF}", 0), ("\u{AD}", 0),
    ] as [(Character, Int)])
  func widths(character: Character, columns: Int) {
    #expect(displayWidth(of: character) == columns)
  }

  @Test("a text is as wide as its characters together")
  func textWidth() {
    #expect(displayWidth(of: "ab漢字😀") == 8)
    #expect(displayWidth(of: "") == 0)
  }

  @Test("emoji about whose width terminals disagree are shown in a form about which they agree")
  func agreedForms() {
    #expect(glyphs(of: "👩\u{200D}💻") == [Glyph(text: "👩", width: 2), Glyph(text: "💻", width: 2)])
    #expect(glyphs(of: "👍🏽") == [Glyph(text: "👍", width: 2)])
    #expect(glyphs(of: "❤️") == [Glyph(text: "\u{2764}", width: 1)])
    #expect(glyphs(of: "🇩🇪").map(\.width) == [1, 1])
  }

  @Test("combining marks stay with their base, and a pile of them is cut")
  func marks() {
    #expect(glyphs(of: "e\u{301}") == [Glyph(text: "e\u{301}", width: 1)])
    let pile = Character("a" + String(repeating: "\u{301}", count: 40))
    #expect(glyphs(of: pile).map(\.width) == [1])
    #expect(glyphs(of: pile)[0].text.unicodeScalars.count == 4)
    #expect(glyphs(of: "\u{301}") == [Glyph(text: " \u{301}", width: 1)])
  }

  @Test(
    "control characters never reach the terminal",
    arguments: [
      "\u{1B}", "\u{07}", "\u{9B}", "\u{7F}",
    ] as [Character])
  func controls(character: Character) {
    #expect(glyphs(of: character) == [Glyph(text: "\u{FFFD}", width: 1)])
  }

  @Test("line ends become one kind and tabs become spaces")
  func lineEnds() {
    #expect(normalizedLines("a\r\nb\rc\u{2028}d\te") == "a\nb\nc\nd    e")
  }
}
