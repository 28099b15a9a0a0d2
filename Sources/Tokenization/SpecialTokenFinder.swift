// SPDX-License-Identifier: Apache-2.0

/// Finds control and user-defined tokens in text: the leftmost, and of those that start there the longest.
struct SpecialTokenFinder: Sendable {
  /// The tokens that start with each byte, longest first.
  private var tokens: [[(token: Int, utf8: [UInt8])]] = Array(repeating: [], count: 256)

  init(_ vocabulary: Vocabulary) {
    for token in 0..<vocabulary.count where vocabulary.kinds[token].isSpecial {
      let utf8 = Array(vocabulary.bytes(of: token))
      if let first = utf8.first { tokens[Int(first)].append((token, utf8)) }
    }
    for first in tokens.indices { tokens[first].sort { ($1.utf8.count, $0.token) < ($0.utf8.count, $1.token) } }
  }

  /// The next special token in the text, and where it is.
  func first(in text: ArraySlice<UInt8>) -> (token: Int, range: Range<Int>)? {
    for index in text.indices {
      for (token, utf8) in tokens[Int(text[index])] where text[index...].starts(with: utf8) {
        return (token, index..<index + utf8.count)
      }
    }
    return nil
  }

  /// The special token with exactly this text.
  func token(_ text: String) -> Int? {
    guard let first = text.utf8.first else { return nil }
    return tokens[Int(first)].first { $0.utf8.elementsEqual(text.utf8) }?.token
  }
}
