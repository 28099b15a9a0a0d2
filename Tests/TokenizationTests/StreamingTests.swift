// SPDX-License-Identifier: Apache-2.0

import Testing
import Tokenization

@Suite("Text streamed token by token")
struct StreamingTests {
  /// With this vocabulary a token is a byte.
  let tokenizer: Tokenizer

  init() throws { tokenizer = try Tokenizer(metadata: smallVocabulary(adding: [("<|im_end|>", 3)])) }

  private func stream(_ bytes: [UInt8]) -> [String] {
    var detokenizer = StreamingDetokenizer(tokenizer)
    var parts: [String] = []
    for byte in bytes { parts.append(detokenizer.append(Int(byte))) }
    parts.append(detokenizer.finish())
    return parts
  }

  @Test("Comes in whole characters")
  func wholeCharacters() {
    #expect(stream(Array("aé猫😀b".utf8)) == ["a", "", "é", "", "", "猫", "", "", "", "😀", "b", ""])
  }

  @Test("Shows U+FFFD as soon as no character can come of the bytes, and not before")
  func invalidBytes() {
    #expect(stream([0xE7, 0x61]) == ["", "\u{FFFD}a", ""], "a letter cuts a character short")
    #expect(stream([0x80, 0x61]) == ["\u{FFFD}", "a", ""], "a continuation of nothing")
    #expect(stream([0xFF]) == ["\u{FFFD}", ""], "a byte that starts nothing")
    #expect(stream([0xC0, 0xAF]) == ["\u{FFFD}", "\u{FFFD}", ""], "a longer spelling than needed")
    #expect(stream([0xED, 0xA0, 0x80]) == ["", "\u{FFFD}\u{FFFD}", "\u{FFFD}", ""], "half of a surrogate pair")
    #expect(stream([0xF0, 0x9F, 0xE7, 0x8C, 0xAB]) == ["", "", "\u{FFFD}", "", "猫", ""], "cut short by another")
  }

  @Test("Loses nothing at the end")
  func unfinished() {
    #expect(stream([0x61, 0xF0, 0x9F, 0x98]) == ["a", "", "", "", "\u{FFFD}"])
  }

  @Test("Waits for the rest of a character across a control token")
  func acrossControl() {
    var detokenizer = StreamingDetokenizer(tokenizer)
    #expect([0xC3, 256, 0xA9].map { detokenizer.append($0) } == ["", "", "é"])
  }

  @Test("Shows control tokens if asked to")
  func controlTokens() {
    var detokenizer = StreamingDetokenizer(tokenizer, skippingSpecialTokens: false)
    #expect(detokenizer.append(256) == "<|im_end|>")
  }

  @Test("Is in the end what decoding gives at once")
  func sameAsDecoding() throws {
    let tokenizer = try goldenTokenizer()
    for item in try TokenizerCases().ids {
      var detokenizer = StreamingDetokenizer(tokenizer, skippingSpecialTokens: false)
      var text = ""
      for token in item.ids { text += detokenizer.append(token) }
      text += detokenizer.finish()
      #expect(bytes(text) == bytes(item.full))
    }
  }
}
