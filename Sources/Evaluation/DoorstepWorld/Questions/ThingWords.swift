// SPDX-License-Identifier: Apache-2.0

extension Thing {
  /// The word with its indefinite article.
  var withArticle: String { ("aeiou".contains(rawValue.prefix(1)) ? "an " : "a ") + rawValue }

  /// The plural of the word.
  var plural: String {
    switch self {
    case .person: "people"
    case .bus: "buses"
    default: rawValue + "s"
    }
  }

  /// The word with its article, at the beginning of a sentence.
  var asSubject: String { withArticle.capitalizedFirst }
}

extension String {
  /// The text with a capital first letter.
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }

  /// A wording with a thing's words in place of {x}, {a} and {s}.
  func naming(_ thing: Thing?) -> String {
    guard let thing else { return self }
    return replacing("{x}", with: thing.rawValue).replacing("{a}", with: thing.withArticle)
      .replacing("{s}", with: thing.plural)
  }
}
