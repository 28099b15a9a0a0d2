// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import Tokenization

@Suite("Tokens are those of the reference")
struct TokenizerGoldenTests {
  let cases: TokenizerCases

  init() throws { cases = try TokenizerCases() }

  @Test("With characters composed, as Qwen2's own tokenizer does")
  func composed() throws {
    let tokenizer = try goldenTokenizer()
    #expect(tokenizer.normalization == .nfc)
    #expect(cases.texts.count > 900)
    for item in cases.texts {
      #expect(tokenizer.encode(item.text, parsingSpecialTokens: true) == item.ids, "\(item.text.debugDescription)")
    }
  }

  @Test("With the text as it is")
  func raw() throws {
    let tokenizer = try goldenTokenizer(normalization: TextNormalization.none)
    #expect(cases.texts.count { $0.raw != nil } > 50)
    for item in cases.texts {
      let expected = item.raw ?? item.ids
      #expect(tokenizer.encode(item.text, parsingSpecialTokens: true) == expected, "\(item.text.debugDescription)")
    }
  }

  @Test("With special tokens taken as text")
  func plain() throws {
    let tokenizer = try goldenTokenizer()
    #expect(cases.texts.count { $0.plain != nil } > 30)
    for item in cases.texts {
      let expected = item.plain ?? item.ids
      #expect(tokenizer.encode(item.text, parsingSpecialTokens: false) == expected, "\(item.text.debugDescription)")
    }
  }

  @Test("And give the text back byte for byte")
  func roundTrip() throws {
    let tokenizer = try goldenTokenizer(normalization: TextNormalization.none)
    for item in cases.texts {
      let tokens = tokenizer.encode(item.text, parsingSpecialTokens: true)
      #expect(bytes(tokenizer.decode(tokens, skippingSpecialTokens: false)) == bytes(item.text))
    }
  }

  @Test("Also when they make no sense: decoding gives the reference's text, U+FFFD and all")
  func senseless() throws {
    let tokenizer = try goldenTokenizer()
    #expect(cases.ids.contains { $0.text.unicodeScalars.contains("\u{FFFD}") })
    for item in cases.ids {
      #expect(bytes(tokenizer.decode(item.ids)) == bytes(item.text))
      #expect(bytes(tokenizer.decode(item.ids, skippingSpecialTokens: false)) == bytes(item.full))
    }
  }
}
