// SPDX-License-Identifier: Apache-2.0

import CodeTasks

/// The syntactic kind of a stretch of a program.
package enum SyntaxKind: Equatable, Sendable {
  /// `plain` is everything else.
  case plain, keyword, string, comment, number
  /// `#include` and the like, `@main` and the like.
  case directive
}

/// Neighbouring characters of one kind.
package struct SyntaxRun: Equatable, Sendable {
  /// Part of one line.
  package var text: String
  /// The syntactic kind of the text.
  package var kind: SyntaxKind

  /// Memberwise; checks nothing.
  package init(_ text: String, _ kind: SyntaxKind) {
    self.text = text
    self.kind = kind
  }
}

/// The lines of a program as runs of one kind each. Good for programs that are not whole yet: a string that nobody
/// ends, ends with its line.
package func syntaxRuns(_ lines: [String], language: ProgramLanguage) -> [[SyntaxRun]] {
  var scanner = SyntaxScanner(grammar: .of(language))
  return lines.map { scanner.scan($0) }
}

/// The lexical rules of a language, for colouring.
private struct Grammar {
  var keywords: Set<String>
  var lineComment: String
  var blockComment: BlockComment?
  var quotes: Set<Character>
  /// Quotes that may hold line ends.
  var longQuotes: [String]
  /// Marks of directives, which take the word behind them.
  var directiveMark: Character

  struct BlockComment {
    var opening = "/*"
    var closing = "*/"
    var nests: Bool
  }

  static func of(_ language: ProgramLanguage) -> Grammar {
    switch language {
    case .python: python
    case .c: c
    case .swift: swift
    }
  }

  private static let python = Grammar(
    keywords: words(
      """
      False None True and as assert async await break case class continue def del elif else except finally for from \
      global if import in is lambda match nonlocal not or pass raise return try while with yield
      """),
    lineComment: "#", quotes: ["\"", "'"], longQuotes: ["\"\"\"", "'''"], directiveMark: "@")

  private static let c = Grammar(
    keywords: words(
      """
      auto bool break case char const continue default do double else enum extern false float for goto if inline int \
      long NULL register restrict return short signed sizeof static struct switch true typedef union unsigned void \
      volatile while
      """),
    lineComment: "//", blockComment: .init(nests: false), quotes: ["\"", "'"], longQuotes: [], directiveMark: "#")

  private static let swift = Grammar(
    keywords: words(
      """
      actor as async await break case catch class continue default defer do else enum extension fallthrough false for \
      func guard if import in init inout internal is let mutating nil nonisolated open private protocol public repeat \
      return self Self some static struct subscript super switch throw throws true try typealias var where while
      """),
    lineComment: "//", blockComment: .init(nests: true), quotes: ["\""], longQuotes: ["\"\"\""], directiveMark: "@")

  private static func words(_ text: String) -> Set<String> {
    Set(text.split(whereSeparator: \.isWhitespace).map { String($0) })
  }
}

/// Goes over a program line by line and knows what is still open from the line before.
private struct SyntaxScanner {
  private let grammar: Grammar
  private var openQuote: String?
  private var commentDepth = 0
  private var runs: [SyntaxRun] = []

  init(grammar: Grammar) { self.grammar = grammar }

  mutating func scan(_ line: String) -> [SyntaxRun] {
    runs = []
    var rest = line[...]
    while !rest.isEmpty {
      if commentDepth > 0, let comment = grammar.blockComment {
        takeBlockComment(&rest, comment)
      } else if let quote = openQuote {
        takeLongString(&rest, quote)
      } else {
        takeCode(&rest)
      }
    }
    return runs
  }

  private mutating func take(_ count: Int, of rest: inout Substring, _ kind: SyntaxKind) {
    let text = rest.prefix(count)
    if let last = runs.indices.last, runs[last].kind == kind {
      runs[last].text += text
    } else if !text.isEmpty {
      runs.append(SyntaxRun(String(text), kind))
    }
    rest = rest.dropFirst(count)
  }

  private mutating func takeCode(_ rest: inout Substring) {
    guard let first = rest.first else { return }
    if rest.hasPrefix(grammar.lineComment) {
      take(rest.count, of: &rest, .comment)
    } else if let comment = grammar.blockComment, rest.hasPrefix(comment.opening) {
      commentDepth = 1
      take(comment.opening.count, of: &rest, .comment)
    } else if let quote = grammar.longQuotes.first(where: { rest.hasPrefix($0) }) {
      openQuote = quote
      take(quote.count, of: &rest, .string)
    } else if grammar.quotes.contains(first) {
      take(stringLength(rest, quote: first), of: &rest, .string)
    } else if first == grammar.directiveMark {
      let spaces = rest.dropFirst().prefix { $0 == " " }.count
      let name = rest.dropFirst(1 + spaces).prefix(while: isWord).count
      take(name > 0 ? 1 + spaces + name : 1, of: &rest, name > 0 ? .directive : .plain)
    } else if first.isNumber {
      take(numberLength(rest), of: &rest, .number)
    } else if isWord(first) {
      let word = String(rest.prefix(while: isWord))
      take(word.count, of: &rest, grammar.keywords.contains(word) ? .keyword : .plain)
    } else {
      take(1, of: &rest, .plain)
    }
  }

  private mutating func takeLongString(_ rest: inout Substring, _ quote: String) {
    var count = 0
    var tail = rest
    while !tail.isEmpty, !tail.hasPrefix(quote) {
      let step = min(tail.first == "\\" ? 2 : 1, tail.count)
      count += step
      tail = tail.dropFirst(step)
    }
    if !tail.isEmpty {
      count += quote.count
      openQuote = nil
    }
    take(count, of: &rest, .string)
  }

  private mutating func takeBlockComment(_ rest: inout Substring, _ comment: Grammar.BlockComment) {
    var count = 0
    var tail = rest
    while !tail.isEmpty, commentDepth > 0 {
      var step = 1
      if tail.hasPrefix(comment.closing) {
        commentDepth -= 1
        step = comment.closing.count
      } else if comment.nests, tail.hasPrefix(comment.opening) {
        commentDepth += 1
        step = comment.opening.count
      }
      count += step
      tail = tail.dropFirst(step)
    }
    take(count, of: &rest, .comment)
  }
}

private func isWord(_ character: Character) -> Bool {
  character.isLetter || character.isNumber || character == "_"
}

/// With both quotes, or to the end of the line.
private func stringLength(_ text: Substring, quote: Character) -> Int {
  var count = 1
  var isEscaped = false
  for character in text.dropFirst() {
    count += 1
    if !isEscaped, character == quote { break }
    isEscaped = !isEscaped && character == "\\"
  }
  return count
}

/// Digits with what belongs to them: `0xff`, `1_000`, `2.5e-3`.
private func numberLength(_ text: Substring) -> Int {
  let characters = Array(text.prefix(64))
  let isHexadecimal = text.hasPrefix("0x") || text.hasPrefix("0X")
  var count = 1
  while count < characters.count {
    let character = characters[count]
    let isSign = "+-".contains(character) && "eE".contains(characters[count - 1]) && !isHexadecimal
    // `1...5` is two numbers in Swift.
    let isPoint = character == "." && count + 1 < characters.count && characters[count + 1].isNumber
    guard isWord(character) || isPoint || isSign else { break }
    count += 1
  }
  return count
}

/// A program in its colours, on lines of at most `columns` columns.
func programRuns(_ text: String, language: ProgramLanguage, columns: Int, theme: Theme) -> [[TextRun]] {
  syntaxRuns(programLines(text), language: language).flatMap { line in
    broken(line.map { TextRun($0.text, theme.style(of: $0.kind)) }, columns: columns)
  }
}
