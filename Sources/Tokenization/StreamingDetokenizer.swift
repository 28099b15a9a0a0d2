// SPDX-License-Identifier: Apache-2.0

/// Decodes tokens one at a time into whole characters.
///
/// The results of all calls of `append` and of the final `finish`, joined, equal `Tokenizer.decode` of the tokens.
public struct StreamingDetokenizer: Sendable {
  private let tokenizer: Tokenizer
  private let skippingSpecialTokens: Bool
  /// The start of a character whose rest has not come yet: at most three bytes.
  private var pending: [UInt8] = []

  /// Begins with no token.
  public init(_ tokenizer: Tokenizer, skippingSpecialTokens: Bool = true) {
    self.tokenizer = tokenizer
    self.skippingSpecialTokens = skippingSpecialTokens
  }

  /// The text that is certain with this token; empty while a character is incomplete. Bytes that no continuation can
  /// make a character become U+FFFD.
  public mutating func append(_ token: Int) -> String {
    pending += tokenizer.bytes(of: token, skippingSpecialTokens: skippingSpecialTokens)
    let certain = pending.count - lengthOfIncompleteEnd(pending)
    defer { pending.removeFirst(certain) }
    return String(decoding: pending[..<certain], as: UTF8.self)
  }

  /// The rest at the end: U+FFFD for a character that was never completed, otherwise nothing.
  public mutating func finish() -> String {
    defer { pending.removeAll() }
    return String(decoding: pending, as: UTF8.self)
  }
}

/// Bytes at the end that may yet become a character with more bytes: 0 to 3.
///
/// Which second bytes are possible: the Unicode Standard's table of well-formed UTF-8 byte sequences (3-7).
private func lengthOfIncompleteEnd(_ bytes: [UInt8]) -> Int {
  for length in 1...3 where length <= bytes.count {
    let end = bytes.suffix(length)
    guard let lead = end.first else { return 0 }
    if lead & 0xC0 == 0x80 { continue }
    let needed =
      switch lead {
      case 0xC2...0xDF: 2
      case 0xE0...0xEF: 3
      case 0xF0...0xF4: 4
      default: 1
      }
    guard length < needed else { return 0 }
    if let second = end.dropFirst().first {
      let possible: ClosedRange<UInt8> =
        switch lead {
        case 0xE0: 0xA0...0xBF
        case 0xED: 0x80...0x9F
        case 0xF0: 0x90...0xBF
        case 0xF4: 0x80...0x8F
        default: 0x80...0xBF
        }
      guard possible.contains(second) else { return 0 }
    }
    return length
  }
  return 0
}
