// SPDX-License-Identifier: Apache-2.0

import Screen
import Testing

@Suite struct KeyDecoderTests {
  private enum Got: Equatable {
    case key(Key)
    case paste(String)
  }

  /// The keys and pastes in one burst of input.
  private func decode(_ inputs: [KeyDecoder.Input]) -> [Got] {
    var decoder = KeyDecoder()
    let messages = inputs.flatMap { decoder.take($0) } + decoder.pause()
    return messages.compactMap { message in
      switch message {
      case .key(let key): .key(key)
      case .paste(let text): .paste(text)
      default: nil
      }
    }
  }

  private func typed(_ text: String) -> [KeyDecoder.Input] { text.unicodeScalars.map { .character($0) } }

  @Test("characters of a burst come as one text")
  func text() {
    #expect(decode(typed("héllo 漢")) == [.key(.text("héllo 漢"))])
  }

  @Test(
    "control characters are keys",
    arguments: [
      ("\r", Key.enter), ("\n", .enter), ("\t", .tab), ("\u{7F}", .backspace), ("\u{08}", .backspace),
      ("\u{03}", .control("c")), ("\u{01}", .control("a")), ("\u{1B}", .escape), ("\u{1B}b", .alt("b")),
      ("\u{1B}F", .alt("f")), ("\u{1B}\r", .newLine), ("\u{1B}\u{7F}", .altBackspace),
    ])
  func controls(bytes: String, key: Key) {
    #expect(decode(typed(bytes)) == [.key(key)])
  }

  @Test("a sequence that nobody knows is swallowed whole")
  func unknownSequences() {
    #expect(decode(typed("a\u{1B}[1;6Pb\u{1B}[?62;4cc")) == [.key(.text("a")), .key(.text("b")), .key(.text("c"))])
    #expect(decode(typed("\u{1B}[")) == [])
  }

  @Test("Escape before a known key stays Escape")
  func escapeThenKey() {
    #expect(decode(typed("\u{1B}") + [.known(.up)]) == [.key(.escape), .key(.up)])
  }

  @Test("a paste is one message, with whatever is in it")
  func paste() {
    let inputs =
      [.pasteBegin] + typed("two\rlines \u{03}\u{1B}") + [.pasteEnd]
      + typed("x")
    #expect(decode(inputs) == [.paste("two\rlines \u{03}\u{1B}"), .key(.text("x"))])
  }

  @Test("a paste may come in parts, and one that never ends is ended after a while")
  func pasteInParts() {
    var decoder = KeyDecoder()
    #expect(decoder.take(.pasteBegin).isEmpty)
    #expect(decoder.take(.character("a")).isEmpty)
    #expect(decoder.pause().isEmpty)
    #expect(decoder.isPasting)
    #expect(decoder.endPaste().count == 1)
    #expect(!decoder.isPasting)
  }
}
