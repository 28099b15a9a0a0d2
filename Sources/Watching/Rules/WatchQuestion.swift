// SPDX-License-Identifier: Apache-2.0

/// Makes a yes/no question of the words of a watch, in one fixed form: that no answer depends on how somebody happens
/// to write, and that the question can be shown and replaced.
enum WatchQuestion {
  /// The longest words.
  static let mostCharacters = 400

  /// Letters that say something in a script without spaces between words, all of which lie beyond U+0E00.
  private static let fewestWithoutSpaces = 3

  /// The words with single spaces, and without the full stop.
  static func tidied(_ words: String) -> String {
    var text = words.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    while text.last == "." || text.last == "!" { text.removeLast() }
    return text
  }

  /// - Throws: `WatchError.notACondition` for fewer than two words in a script that has spaces, `tooLong`.
  static func question(of words: String) throws(WatchError) -> String {
    let words = tidied(words)
    // A character may be any number of scalars.
    let scalars = words.unicodeScalars
    guard scalars.count <= mostCharacters else { throw .tooLong(characters: scalars.count) }
    let hasSpaces = words.contains(" ") || scalars.count { $0.value >= 0x0E00 } >= fewestWithoutSpaces
    guard hasSpaces, words.contains(where: \.isLetter) else { throw .notACondition(words: words) }
    if words.last == "?" { return words }
    return "Is this so: \(words)? Answer yes only if it can be seen. Answer no if it cannot, or if it is not certain."
  }
}
