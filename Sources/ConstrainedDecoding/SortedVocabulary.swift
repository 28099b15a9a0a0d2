// SPDX-License-Identifier: Apache-2.0

/// The texts of a vocabulary's tokens in the order of their bytes, so that what many begin with is looked at once.
public struct SortedVocabulary: Sendable {
  /// Tokens of the vocabulary, those without a text included.
  public let count: Int
  /// Tokens that have a text, in the order of their bytes.
  let tokens: [Int32]
  /// The bytes of those tokens, end to end.
  let bytes: [UInt8]
  /// Where the bytes of each begin; one more entry than tokens.
  let starts: [Int32]
  /// How many bytes each has in common with the one before it.
  let shared: [Int32]

  /// - Parameters:
  ///   - count: tokens of the vocabulary.
  ///   - text: the bytes of a token; none for one that stands for no text.
  public init(count: Int, text: (Int) -> ArraySlice<UInt8>) {
    self.count = count
    let sorted = (0..<count).map { (token: Int32($0), bytes: text($0)) }.filter { !$0.bytes.isEmpty }
      .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    tokens = sorted.map(\.token)
    bytes = sorted.flatMap(\.bytes)
    var (starts, shared): ([Int32], [Int32]) = ([0], [])
    for (index, entry) in sorted.enumerated() {
      starts.append(starts[index] + Int32(entry.bytes.count))
      let before = index > 0 ? sorted[index - 1].bytes : []
      shared.append(Int32(zip(before, entry.bytes).prefix { $0 == $1 }.count))
    }
    (self.starts, self.shared) = (starts, shared)
  }
}

/// Which tokens of a vocabulary may come next.
public struct TokenMask: Sendable {
  private var words: [UInt64]
  /// Whether any may.
  public private(set) var isEmpty = true

  /// None of `count` tokens.
  init(count: Int) { words = Array(repeating: 0, count: (count + 63) / 64) }

  /// Whether a token may come; false for one that is not in the vocabulary.
  public subscript(token: Int) -> Bool {
    token >= 0 && token >> 6 < words.count && words[token >> 6] >> UInt64(token & 63) & 1 == 1
  }

  mutating func insert(_ token: Int) {
    words[token >> 6] |= 1 << UInt64(token & 63)
    isEmpty = false
  }
}
