// SPDX-License-Identifier: Apache-2.0

/// What a rule of a grammar says, as it is written.
indirect enum GrammarExpression: Sendable {
  /// These bytes.
  case literal([UInt8])
  /// One character of these ranges of code points.
  case characters([ClosedRange<UInt32>])
  /// A text of the rule of this name.
  case rule(String)
  case sequence([GrammarExpression])
  case choice([GrammarExpression])
  /// As often as `least` to `most` times; nil has no limit.
  case repeated(GrammarExpression, least: Int, most: Int?)

  static func text(_ text: String) -> GrammarExpression { .literal(Array(text.utf8)) }

  /// One of some texts. What several begin with is written once, so that few of thousands are possible at a time.
  static func oneOf(_ texts: [String]) -> GrammarExpression { oneOf(Set(texts.map { Array($0.utf8)[...] })) }

  private static func oneOf(_ texts: Set<ArraySlice<UInt8>>) -> GrammarExpression {
    if texts.count == 1, let only = texts.first { return .literal(Array(only)) }
    let begun = Dictionary(grouping: texts) { $0.first }
    let choices = begun.sorted { ($0.key ?? 0) < ($1.key ?? 0) }.map { first, texts -> GrammarExpression in
      guard let first else { return .sequence([]) }
      return .sequence([.literal([first]), oneOf(Set(texts.map { $0.dropFirst() }))])
    }
    return choices.count == 1 ? choices[0] : .choice(choices)
  }

  /// A text or nothing.
  static func optional(_ expression: GrammarExpression) -> GrammarExpression {
    .repeated(expression, least: 0, most: 1)
  }

  /// All code points that UTF-8 has bytes for.
  static let allCharacters: [ClosedRange<UInt32>] = [0...0xD7FF, 0xE000...0x10FFFF]

  /// The characters that are not in some ranges.
  static func charactersExcept(_ ranges: [ClosedRange<UInt32>]) -> GrammarExpression {
    var left: [ClosedRange<UInt32>] = []
    for whole in allCharacters {
      var start = whole.lowerBound
      for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where range.upperBound >= start {
        guard range.lowerBound <= whole.upperBound else { break }
        if range.lowerBound > start { left.append(start...range.lowerBound - 1) }
        start = range.upperBound + 1
      }
      if start <= whole.upperBound { left.append(start...whole.upperBound) }
    }
    return .characters(left)
  }
}
