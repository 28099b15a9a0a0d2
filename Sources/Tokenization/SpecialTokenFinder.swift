// SPDX-License-Identifier: Apache-2.0

/// Finds control and user-defined tokens in text: the leftmost, and of those that start there the longest.
///
/// The tokens are a file's, any number of any length, so that those that share a beginning are halved byte by byte
/// rather than tried one after the other.
struct SpecialTokenFinder: Sendable {
  fileprivate struct Entry {
    var token: Int
    var utf8: [UInt8]
  }

  /// The tokens that start with each byte, in the order of their bytes, each text once.
  private var entries: [[Entry]] = Array(repeating: [], count: 256)

  /// Longer tokens are not looked for. The longest of the known families' has 30 bytes.
  private static let mostBytes = 128

  init(_ vocabulary: Vocabulary) {
    for token in 0..<vocabulary.count where vocabulary.kinds[token].isSpecial {
      let utf8 = vocabulary.bytes(of: token)
      guard let first = utf8.first, utf8.count <= Self.mostBytes else { continue }
      entries[Int(first)].append(Entry(token: token, utf8: Array(utf8)))
    }
    for first in entries.indices {
      // Of tokens with one text, the first counts.
      var known: Set<[UInt8]> = []
      entries[first] = entries[first].filter { known.insert($0.utf8).inserted }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
  }

  /// The next special token in the text, and where it is.
  func first(in text: ArraySlice<UInt8>) -> (token: Int, range: Range<Int>)? {
    for index in text.indices {
      if let found = longest(at: text[index...]) { return (found.token, index..<index + found.utf8.count) }
    }
    return nil
  }

  /// The special token with exactly this text.
  func token(_ text: String) -> Int? {
    let utf8 = Array(text.utf8)
    guard let found = longest(at: utf8[...]), found.utf8.count == utf8.count else { return nil }
    return found.token
  }

  /// The longest token that the text begins with.
  private func longest(at text: ArraySlice<UInt8>) -> Entry? {
    guard let first = text.first else { return nil }
    let entries = entries[Int(first)]
    // Those that agree with the text so far.
    var candidates = entries[...]
    var found: Entry?
    for (length, byte) in text.dropFirst().enumerated() {
      guard let shortest = candidates.first else { return found }
      if shortest.utf8.count == length + 1 {
        found = shortest
        candidates = candidates.dropFirst()
      }
      candidates = candidates[candidates.firstIndex(from: byte, at: length + 1)...]
      candidates = candidates[..<candidates.firstIndex(from: byte, at: length + 1, isAbove: true)]
    }
    // The text ends here.
    if let shortest = candidates.first, shortest.utf8.count == text.count { return shortest }
    return found
  }
}

extension ArraySlice<SpecialTokenFinder.Entry> {
  /// The first whose byte at a position is at least `byte`, or above it; all have that byte and are in order.
  fileprivate func firstIndex(from byte: UInt8, at position: Int, isAbove: Bool = false) -> Int {
    var (low, high) = (startIndex, endIndex)
    while low < high {
      let middle = (low + high) / 2
      let found = self[middle].utf8[position]
      if found < byte || (isAbove && found == byte) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
