// SPDX-License-Identifier: Apache-2.0

extension Thing {
  /// With its article.
  var withArticle: String { ("aeiou".contains(rawValue.prefix(1)) ? "an " : "a ") + rawValue }

  var plural: String {
    switch self {
    case .person: "people"
    case .bus: "buses"
    default: rawValue + "s"
    }
  }

  /// At the beginning of a sentence, with its article.
  var asSubject: String { withArticle.capitalizedFirst }
}

extension String {
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }

  /// A wording with a thing put in.
  func naming(_ thing: Thing?) -> String {
    guard let thing else { return self }
    return replacing("{x}", with: thing.rawValue).replacing("{a}", with: thing.withArticle)
      .replacing("{s}", with: thing.plural)
  }
}

/// Numbers as words, as far as the embedded model knows them.
enum NumberWord {
  private static let words = [
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
  ]

  /// - Returns: nil for a number without a word.
  static func word(for number: Int) -> String? { words.indices.contains(number) ? words[number] : nil }
}
