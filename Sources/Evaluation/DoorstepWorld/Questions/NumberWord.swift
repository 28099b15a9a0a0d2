// SPDX-License-Identifier: Apache-2.0

/// Numbers as the words that the embedded model knows.
enum NumberWord {
  private static let words = [
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
  ]

  /// - Returns: nil for a number without a word.
  static func word(for number: Int) -> String? { words.indices.contains(number) ? words[number] : nil }
}
