// SPDX-License-Identifier: Apache-2.0

/// Writes the rules of a grammar as sequences of bytes and rules. Choices, repetitions and characters of several bytes
/// become rules of their own.
struct GrammarCompiler {
  private typealias Symbol = Grammar.Symbol

  private let expressions: [String: GrammarExpression]
  private var numbers: [String: Int] = [:]
  /// The named rule that each was made for.
  private var owners: [String] = []
  private var current = ""
  private var alternatives: [[[Symbol]]] = []
  private var characterRules: [[ClosedRange<UInt32>]: Int] = [:]
  private var waiting: [String] = []
  private var symbolCount = 0

  init(_ expressions: [String: GrammarExpression]) { self.expressions = expressions }

  /// The name of a rule, or of the one that it was made for.
  func name(ofRule number: Int) -> String { owners[number] }

  /// - Throws: `undefinedRule`, `tooLarge`.
  mutating func compile(root: String) throws(GrammarError) -> (symbols: [Grammar.Symbol], rules: [[Int]]) {
    _ = try number(of: root)
    while let name = waiting.popLast() {
      guard let expression = expressions[name], let number = numbers[name] else { throw .undefinedRule(name) }
      current = name
      alternatives[number] = try choices(of: expression)
    }
    var symbols: [Symbol] = []
    let rules = alternatives.map { rule in
      rule.map { sequence in
        defer { symbols += sequence + [.end] }
        return symbols.count
      }
    }
    return (symbols, rules)
  }

  private mutating func number(of name: String) throws(GrammarError) -> Int {
    if let number = numbers[name] { return number }
    let number = try addRule([])
    numbers[name] = number
    owners[number] = name
    waiting.append(name)
    return number
  }

  private mutating func addRule(_ rule: [[Symbol]]) throws(GrammarError) -> Int {
    try count(1)
    alternatives.append(rule)
    owners.append(current)
    return alternatives.count - 1
  }

  private mutating func count(_ symbols: Int) throws(GrammarError) {
    symbolCount += symbols
    if symbolCount > Grammar.mostSymbols { throw .tooLarge }
  }

  private mutating func choices(of expression: GrammarExpression) throws(GrammarError) -> [[Symbol]] {
    guard case .choice(let parts) = expression else { return [try sequence(of: expression)] }
    var choices: [[Symbol]] = []
    for part in parts { choices.append(try sequence(of: part)) }
    return choices
  }

  private mutating func sequence(of expression: GrammarExpression) throws(GrammarError) -> [Symbol] {
    switch expression {
    case .literal(let bytes):
      try count(bytes.count)
      return bytes.map { .bytes(ByteSet($0...$0)) }
    case .characters(let ranges): return [try characters(ranges)]
    case .rule(let name):
      try count(1)
      return [.rule(try number(of: name))]
    case .sequence(let parts):
      var symbols: [Symbol] = []
      for part in parts { symbols += try sequence(of: part) }
      return symbols
    case .choice:
      let choices = try choices(of: expression)
      return choices.count == 1 ? choices[0] : [.rule(try addRule(choices))]
    case .repeated(let part, let least, let most): return try repetition(of: part, least: least, most: most)
    }
  }

  private mutating func repetition(
    of part: GrammarExpression, least: Int, most: Int?
  ) throws(GrammarError) -> [Symbol] {
    var item = try sequence(of: part)
    // Written once, however often it is repeated.
    if item.count != 1 { item = [.rule(try addRule([item]))] }
    try count(least)
    var symbols = Array(repeating: item[0], count: least)
    guard let most else {
      let number = try addRule([])
      alternatives[number] = [item + [.rule(number)], []]
      return symbols + [.rule(number)]
    }
    guard most > least else { return symbols }
    try count(2 * (most - least))
    var rest: [Symbol] = []
    for _ in least..<most { rest = [.rule(try addRule([item + rest, []]))] }
    symbols += rest
    return symbols
  }

  private mutating func characters(_ ranges: [ClosedRange<UInt32>]) throws(GrammarError) -> Symbol {
    var ascii = ByteSet()
    var longer: [[Symbol]] = []
    for sequence in ranges.flatMap(UTF8Ranges.sequences) {
      if sequence.count == 1 {
        ascii.insert(sequence[0])
      } else {
        longer.append(sequence.map { .bytes(ByteSet($0)) })
      }
    }
    guard !longer.isEmpty else {
      try count(1)
      return .bytes(ascii)
    }
    if let rule = characterRules[ranges] { return .rule(rule) }
    try count(longer.reduce(1) { $0 + $1.count })
    let rule = try addRule((ascii == ByteSet() ? [] : [[.bytes(ascii)]]) + longer)
    characterRules[ranges] = rule
    return .rule(rule)
  }
}
