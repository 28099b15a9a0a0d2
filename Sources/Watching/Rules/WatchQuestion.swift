// SPDX-License-Identifier: Apache-2.0

/// Makes a yes/no question of the words of a watch, in one fixed form: that no answer depends on how somebody happens
/// to write, and that the question can be shown and replaced.
enum WatchQuestion {
  /// The longest words.
  static let mostCharacters = 400

  /// The words with single spaces, and without the full stop.
  static func tidied(_ words: String) -> String {
    var text = words.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    while text.last == "." || text.last == "!" { text.removeLast() }
    return text
  }

  /// - Throws: `WatchError.notACondition` for fewer than two words, `tooLong`.
  static func question(of words: String) throws(WatchError) -> String {
    let words = tidied(words)
    guard words.count <= mostCharacters else { throw .tooLong(characters: words.count) }
    guard words.contains(" "), words.contains(where: \.isLetter) else { throw .notACondition(words: words) }
    if words.last == "?" { return words }
    return "Is this so: \(words)? Answer yes only if it can be seen. Answer no if it cannot, or if it is not certain."
  }
}
