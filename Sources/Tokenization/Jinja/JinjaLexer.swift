// SPDX-License-Identifier: Apache-2.0

enum JinjaToken: Equatable {
  case text(String)
  /// `{%`
  case tagStart
  /// `%}`
  case tagEnd
  /// `{{`
  case outputStart
  /// `}}`
  case outputEnd
  case name(String)
  case string(String)
  case integer(Int)
  case symbol(String)
}

/// Takes a template apart, white space handled as chat templates expect: Jinja with `trim_blocks` (the line break
/// after a tag goes) and `lstrip_blocks` (so does the white space before a tag that begins its line), and `-` or `+`
/// in a tag to say otherwise. One line break at the template's end goes too.
struct JinjaLexer {
  private let source: [UInt8]
  private var position = 0
  private var tokens: [JinjaToken] = []
  /// Whether what was taken last ended a line.
  private var isLineStart = true

  private static let symbols = [
    "==", "!=", "<=", ">=", "//", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}", ",",
    ":", ".", "|",
  ].map { Array($0.utf8) }

  private static let mostBytesOfName = 256

  static func tokens(of template: String) throws(JinjaError) -> [JinjaToken] {
    var lexer = JinjaLexer(template)
    try lexer.run()
    return lexer.tokens
  }

  private init(_ template: String) {
    var bytes: [UInt8] = []
    for byte in template.utf8 {
      if byte == UInt8(ascii: "\n"), bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
      bytes.append(byte)
    }
    for index in bytes.indices where bytes[index] == UInt8(ascii: "\r") { bytes[index] = UInt8(ascii: "\n") }
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    source = bytes
  }

  private mutating func run() throws(JinjaError) {
    while position < source.count {
      let start = position
      while position < source.count, !isOpening(position) { position += 1 }
      guard position < source.count else {
        emit(source[start...])
        return
      }
      let kind = source[position + 1]
      emit(text(from: start, kind: kind))
      position += 2
      if position < source.count, source[position] == UInt8(ascii: "-") || source[position] == UInt8(ascii: "+") {
        position += 1
      }
      isLineStart = false
      switch kind {
      case UInt8(ascii: "#"): try skipComment()
      case UInt8(ascii: "{"): try lexTag(.outputStart, .outputEnd, closing: "}}", trimsLine: false)
      default: try lexTag(.tagStart, .tagEnd, closing: "%}", trimsLine: true)
      }
    }
  }

  private func isOpening(_ index: Int) -> Bool {
    guard source[index] == UInt8(ascii: "{"), index + 1 < source.count else { return false }
    return [UInt8(ascii: "{"), UInt8(ascii: "%"), UInt8(ascii: "#")].contains(source[index + 1])
  }

  /// The text before the tag at `position`, less the white space that the tag takes.
  private func text(from start: Int, kind: UInt8) -> ArraySlice<UInt8> {
    var end = position
    let sign = position + 2 < source.count ? source[position + 2] : 0
    if sign == UInt8(ascii: "-") {
      while end > start, Self.isWhitespace(source[end - 1]) { end -= 1 }
    } else if sign != UInt8(ascii: "+"), kind != UInt8(ascii: "{") {
      while end > start, Self.isWhitespace(source[end - 1]), source[end - 1] != UInt8(ascii: "\n") { end -= 1 }
      let beginsLine = end == start ? isLineStart : source[end - 1] == UInt8(ascii: "\n")
      if !beginsLine { end = position }
    }
    return source[start..<end]
  }

  private mutating func emit(_ text: ArraySlice<UInt8>) {
    if !text.isEmpty { tokens.append(.text(String(decoding: text, as: UTF8.self))) }
  }

  private mutating func skipComment() throws(JinjaError) {
    while position < source.count {
      if endTag("#}", trimsLine: true) { return }
      position += 1
    }
    throw JinjaError("a comment has no end")
  }

  private mutating func lexTag(
    _ opening: JinjaToken, _ end: JinjaToken, closing: String, trimsLine: Bool
  ) throws(JinjaError) {
    tokens.append(opening)
    var depth = 0
    while position < source.count {
      if Self.isWhitespace(source[position]) {
        position += 1
      } else if depth == 0, endTag(closing, trimsLine: trimsLine) {
        tokens.append(end)
        return
      } else {
        let token = try nextToken()
        if case .symbol(let symbol) = token {
          if "([{".contains(symbol) { depth += 1 }
          if ")]}".contains(symbol) { depth -= 1 }
        }
        tokens.append(token)
      }
    }
    throw JinjaError("a tag has no end")
  }

  /// Takes the end of a tag, and the white space after it that goes with it; false if it is not there.
  private mutating func endTag(_ closing: String, trimsLine: Bool) -> Bool {
    let first = source[position]
    let hasSign = first == UInt8(ascii: "-") || (first == UInt8(ascii: "+") && trimsLine)
    let start = hasSign ? position + 1 : position
    guard source[start...].starts(with: closing.utf8) else { return false }
    position = start + 2
    let end = position
    if first == UInt8(ascii: "-") {
      while position < source.count, Self.isWhitespace(source[position]) { position += 1 }
    } else if trimsLine, !hasSign, position < source.count, source[position] == UInt8(ascii: "\n") {
      position += 1
    }
    isLineStart = position > end && source[position - 1] == UInt8(ascii: "\n")
    return true
  }

  private mutating func nextToken() throws(JinjaError) -> JinjaToken {
    let byte = source[position]
    if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") { return .string(try string(quote: byte)) }
    if Self.isDigit(byte) {
      let digits = take { Self.isDigit($0) }
      guard let number = Int(digits) else { throw JinjaError("the number \(digits.prefix(40)) is too large") }
      return .integer(number)
    }
    if Self.isNameCharacter(byte) {
      let name = take { Self.isNameCharacter($0) || Self.isDigit($0) }
      guard name.utf8.count <= Self.mostBytesOfName else { throw JinjaError("a name is longer than 256 bytes") }
      return .name(name)
    }
    for symbol in Self.symbols where source[position...].starts(with: symbol) {
      position += symbol.count
      return .symbol(String(decoding: symbol, as: UTF8.self))
    }
    throw JinjaError("a tag holds a character that means nothing there")
  }

  private mutating func take(while condition: (UInt8) -> Bool) -> String {
    let start = position
    while position < source.count, condition(source[position]) { position += 1 }
    return String(decoding: source[start..<position], as: UTF8.self)
  }

  private mutating func string(quote: UInt8) throws(JinjaError) -> String {
    var bytes: [UInt8] = []
    position += 1
    while position < source.count, source[position] != quote {
      if source[position] == UInt8(ascii: "\\"), position + 1 < source.count {
        position += 1
        switch source[position] {
        case UInt8(ascii: "n"): bytes.append(UInt8(ascii: "\n"))
        case UInt8(ascii: "t"): bytes.append(UInt8(ascii: "\t"))
        case UInt8(ascii: "r"): bytes.append(UInt8(ascii: "\r"))
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): bytes.append(source[position])
        default: throw JinjaError("a string holds an escape that is not known here")
        }
      } else {
        bytes.append(source[position])
      }
      position += 1
    }
    guard position < source.count else { throw JinjaError("a string has no end") }
    position += 1
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isWhitespace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte) }
  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isNameCharacter(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}
