// SPDX-License-Identifier: Apache-2.0

/// Reads GBNF: `name ::= "text" [a-z0-9] other (a | b)* x{1,3} . # comment`.
///
/// A rule ends with its line, but for what stands in parentheses, and lines that begin with `|`.
struct GBNFParser {
  private let text: [Unicode.Scalar]
  private var index = 0
  private var line = 1
  private var depth = 0

  /// Parentheses within parentheses.
  private static let mostDepth = 100
  /// A bound of a repetition.
  private static let mostRepetitions = 10_000

  init(_ text: String) { self.text = Array(text.unicodeScalars) }

  mutating func rules() throws(GrammarError) -> [String: GrammarExpression] {
    var rules: [String: GrammarExpression] = [:]
    skipSpace(lines: true)
    while let next = current {
      guard Self.isWord(next) else { throw fault("a rule's name should stand here, not \(Self.shown(next))") }
      let name = word()
      skipSpace(lines: false)
      for character in "::=".unicodeScalars { try expect(character, after: "the name \(name)", as: "::=") }
      guard rules[name] == nil else { throw fault("the rule \(name) is defined twice") }
      skipSpace(lines: true)
      rules[name] = try alternatives()
      skipSpace(lines: false)
      guard current == nil || isLineEnd else {
        throw fault("\(current.map(Self.shown) ?? "") does not belong to the rule \(name)")
      }
      skipSpace(lines: true)
    }
    guard rules["root"] != nil else { throw fault("there is no rule root, which says what a whole text is") }
    return rules
  }

  private mutating func alternatives() throws(GrammarError) -> GrammarExpression {
    var choices = [try sequence()]
    while true {
      let place = (index, line)
      skipSpace(lines: true)
      guard current == "|" else {
        if depth == 0 { (index, line) = place }
        break
      }
      index += 1
      skipSpace(lines: true)
      choices.append(try sequence())
    }
    return choices.count == 1 ? choices[0] : .choice(choices)
  }

  private mutating func sequence() throws(GrammarError) -> GrammarExpression {
    var parts: [GrammarExpression] = []
    while true {
      let place = (index, line)
      skipSpace(lines: depth > 0)
      guard let item = try item() else {
        (index, line) = place
        return parts.count == 1 ? parts[0] : .sequence(parts)
      }
      parts.append(try repeated(item))
    }
  }

  /// - Returns: nil where no item begins.
  private mutating func item() throws(GrammarError) -> GrammarExpression? {
    switch current {
    case "\""?: return .literal(Array(String(String.UnicodeScalarView(try quoted())).utf8))
    case "["?: return try characterClass()
    case "."?:
      index += 1
      return .characters(GrammarExpression.allCharacters)
    case "("?:
      index += 1
      depth += 1
      guard depth <= Self.mostDepth else { throw fault("parentheses are nested more than \(Self.mostDepth) deep") }
      skipSpace(lines: true)
      let group = try alternatives()
      skipSpace(lines: true)
      try expect(")", after: "a group", as: ")")
      depth -= 1
      return group
    case let character? where Self.isWord(character): return .rule(word())
    default: return nil
    }
  }

  private mutating func repeated(_ item: GrammarExpression) throws(GrammarError) -> GrammarExpression {
    var item = item
    for _ in 0..<Self.mostDepth {
      switch current {
      case "*"?: item = .repeated(item, least: 0, most: nil)
      case "+"?: item = .repeated(item, least: 1, most: nil)
      case "?"?: item = .optional(item)
      case "{"?:
        index += 1
        item = try counted(item)
        continue
      default: return item
      }
      index += 1
    }
    throw fault("too many repetition marks stand behind each other")
  }

  private mutating func counted(_ item: GrammarExpression) throws(GrammarError) -> GrammarExpression {
    skipSpace(lines: false)
    guard let least = try number() else { throw fault("a repetition is written {2}, {2,} or {2,5}") }
    var most: Int? = least
    skipSpace(lines: false)
    if current == "," {
      index += 1
      skipSpace(lines: false)
      most = try number()
      skipSpace(lines: false)
    }
    try expect("}", after: "a repetition's bounds", as: "}")
    if let most, most < least { throw fault("the repetition {\(least),\(most)} has its bounds the wrong way round") }
    return .repeated(item, least: least, most: most)
  }

  private mutating func number() throws(GrammarError) -> Int? {
    var value: Int?
    while let digit = current, let number = Int(String(digit)), digit.isASCII {
      value = (value ?? 0) * 10 + number
      guard value ?? 0 <= Self.mostRepetitions else {
        throw fault("a repetition has bounds of \(Self.mostRepetitions) at most")
      }
      index += 1
    }
    return value
  }

  // MARK: Characters

  private mutating func quoted() throws(GrammarError) -> [Unicode.Scalar] {
    index += 1
    var characters: [Unicode.Scalar] = []
    while current != "\"" { characters.append(try character(of: "the text in quotes")) }
    index += 1
    return characters
  }

  private mutating func characterClass() throws(GrammarError) -> GrammarExpression {
    index += 1
    let isNegated = current == "^"
    if isNegated { index += 1 }
    var ranges: [ClosedRange<UInt32>] = []
    while current != "]" {
      let first = try character(of: "the list in brackets").value
      var last = first
      if current == "-", index + 1 < text.count, text[index + 1] != "]" {
        index += 1
        last = try character(of: "the list in brackets").value
      }
      guard first <= last else { throw fault("a range of characters has its ends the wrong way round") }
      // No character has the code points of surrogates.
      if first < 0xD800, last > 0xDFFF {
        ranges += [first...0xD7FF, 0xE000...last]
      } else {
        ranges.append(first...last)
      }
    }
    index += 1
    guard isNegated || !ranges.isEmpty else { throw fault("brackets without characters match nothing") }
    return isNegated ? .charactersExcept(ranges) : .characters(ranges)
  }

  /// A character, which may be written as an escape.
  private mutating func character(of what: String) throws(GrammarError) -> Unicode.Scalar {
    guard let first = current, !isLineEnd else { throw fault("\(what) is not closed") }
    index += 1
    guard first == "\\" else { return first }
    guard let escape = current else { throw fault("\(what) is not closed") }
    index += 1
    switch escape {
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "x": return try hexadecimal(digits: 2)
    case "u": return try hexadecimal(digits: 4)
    case "U": return try hexadecimal(digits: 8)
    case "\"", "\\", "[", "]", "-", "^": return escape
    default: throw fault("the escape \\\(Self.shown(escape)) has no meaning")
    }
  }

  private mutating func hexadecimal(digits: Int) throws(GrammarError) -> Unicode.Scalar {
    let end = index + digits
    // A sign would be read as well.
    let value =
      end <= text.count && text[index] != "+"
      ? UInt32(String(String.UnicodeScalarView(text[index..<end])), radix: 16) : nil
    guard let scalar = value.flatMap(Unicode.Scalar.init) else {
      throw fault("an escape of \(digits) hexadecimal digits names no character")
    }
    index = end
    return scalar
  }

  // MARK: Words and space

  private var current: Unicode.Scalar? { index < text.count ? text[index] : nil }
  private var isLineEnd: Bool { current == "\n" || current == "\r" }

  private static func isWord(_ character: Unicode.Scalar) -> Bool {
    switch character {
    case "a"..."z", "A"..."Z", "0"..."9", "-", "_": true
    default: false
    }
  }

  private static func shown(_ character: Unicode.Scalar) -> String {
    character.value < 32 || character.value == 127 ? "U+\(String(character.value, radix: 16))" : String(character)
  }

  private mutating func word() -> String {
    let start = index
    while let character = current, Self.isWord(character) { index += 1 }
    return String(String.UnicodeScalarView(text[start..<index]))
  }

  private mutating func skipSpace(lines: Bool) {
    while let character = current {
      switch character {
      case " ", "\t": index += 1
      case "#": while current != nil, !isLineEnd { index += 1 }
      case "\n", "\r":
        guard lines else { return }
        if character == "\n" { line += 1 }
        index += 1
      default: return
      }
    }
  }

  private mutating func expect(
    _ character: Unicode.Scalar, after what: String, as wanted: String
  ) throws(GrammarError) {
    guard current == character else { throw fault("\(wanted) should stand after \(what)") }
    index += 1
  }

  private func fault(_ reason: String) -> GrammarError { .malformed(line: line, reason: reason) }
}
