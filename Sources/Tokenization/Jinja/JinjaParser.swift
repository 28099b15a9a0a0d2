// SPDX-License-Identifier: Apache-2.0

/// Makes statements of a template's tokens.
///
/// Depth is bounded, so that no template, however it nests, can exhaust the stack.
struct JinjaParser {
  private let tokens: [JinjaToken]
  private var position = 0
  private var nesting = 0
  /// Operations of the expression at hand.
  private var operations = 0

  private static let mostNesting = 32
  private static let mostOperations = 128

  static func statements(of template: String) throws(JinjaError) -> [JinjaStatement] {
    var parser = JinjaParser(tokens: try JinjaLexer.tokens(of: template))
    return try parser.body(until: [])
  }

  private init(tokens: [JinjaToken]) { self.tokens = tokens }

  // MARK: Tokens

  private var next: JinjaToken? { position < tokens.count ? tokens[position] : nil }

  private func isNext(_ symbol: String) -> Bool { next == .symbol(symbol) }

  private func isNextName(_ name: String) -> Bool { next == .name(name) }

  private mutating func skip(_ symbol: String) -> Bool {
    guard isNext(symbol) else { return false }
    position += 1
    return true
  }

  private mutating func skipName(_ name: String) -> Bool {
    guard isNextName(name) else { return false }
    position += 1
    return true
  }

  private mutating func require(_ token: JinjaToken, _ what: String) throws(JinjaError) {
    guard next == token else { throw JinjaError("\(what) is missing") }
    position += 1
  }

  private mutating func name(_ what: String) throws(JinjaError) -> String {
    guard case .name(let name) = next else { throw JinjaError("\(what) has no name") }
    position += 1
    return name
  }

  // MARK: Statements

  /// Statements up to a tag that begins with one of these words, which stays.
  private mutating func body(until ends: Set<String>) throws(JinjaError) -> [JinjaStatement] {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= Self.mostNesting else { throw JinjaError("it nests too deeply") }
    var statements: [JinjaStatement] = []
    while let token = next {
      switch token {
      case .text(let text):
        position += 1
        statements.append(.text(text))
      case .outputStart:
        position += 1
        statements.append(.output(try expression()))
        try require(.outputEnd, "}}")
      default:
        guard position + 1 < tokens.count, case .name(let word) = tokens[position + 1] else {
          throw JinjaError("a tag is empty")
        }
        if ends.contains(word) { return statements }
        position += 2
        statements.append(try statement(word))
      }
    }
    guard ends.isEmpty else { throw JinjaError("\(ends.sorted().joined(separator: " or ")) is missing") }
    return statements
  }

  /// A body and the tag that ends it.
  private mutating func closedBody(_ end: String) throws(JinjaError) -> [JinjaStatement] {
    try require(.tagEnd, "%}")
    let statements = try body(until: [end])
    position += 2
    try require(.tagEnd, "%}")
    return statements
  }

  private mutating func statement(_ word: String) throws(JinjaError) -> JinjaStatement {
    switch word {
    case "if": return try branches()
    case "for": return try loop()
    case "set": return try set()
    case "macro": return try macro()
    case "generation": return .group(try closedBody("endgeneration"))
    case "else", "elif", "endif", "endfor", "endset", "endmacro", "endgeneration":
      throw JinjaError("the tag “\(word)” ends nothing")
    default: throw JinjaError("the tag “\(word.prefix(40))” is not known here")
    }
  }

  private mutating func branches() throws(JinjaError) -> JinjaStatement {
    var branches: [(condition: JinjaExpression?, body: [JinjaStatement])] = []
    var condition: JinjaExpression? = try expression()
    while true {
      try require(.tagEnd, "%}")
      let statements = try body(until: condition == nil ? ["endif"] : ["elif", "else", "endif"])
      branches.append((condition, statements))
      let end = tokens[position + 1]
      position += 2
      if end == .name("elif") {
        condition = try expression()
      } else if end == .name("else") {
        condition = nil
      } else {
        try require(.tagEnd, "%}")
        return .branches(branches)
      }
    }
  }

  private mutating func loop() throws(JinjaError) -> JinjaStatement {
    var names = [try name("a loop")]
    while skip(",") { names.append(try name("a loop")) }
    guard skipName("in") else { throw JinjaError("in is missing") }
    operations = 0
    let items = try disjunction()
    let filter = skipName("if") ? try expression() : nil
    try require(.tagEnd, "%}")
    let statements = try body(until: ["else", "endfor"])
    var otherwise: [JinjaStatement] = []
    if tokens[position + 1] == .name("else") {
      position += 2
      otherwise = try closedBody("endfor")
    } else {
      position += 2
      try require(.tagEnd, "%}")
    }
    return .loop(JinjaLoop(names: names, items: items, filter: filter, body: statements, otherwise: otherwise))
  }

  private mutating func set() throws(JinjaError) -> JinjaStatement {
    let target = try name("set")
    let member = skip(".") ? try name("a member") : nil
    if skip("=") {
      let value = try expression()
      try require(.tagEnd, "%}")
      return .set(name: target, member: member, value)
    }
    guard member == nil else { throw JinjaError("= is missing") }
    return .capture(name: target, body: try closedBody("endset"))
  }

  private mutating func macro() throws(JinjaError) -> JinjaStatement {
    let title = try name("a macro")
    try require(.symbol("("), "(")
    var parameters: [(name: String, standard: JinjaExpression?)] = []
    while !skip(")") {
      if !parameters.isEmpty { try require(.symbol(","), ",") }
      let parameter = try name("a parameter")
      parameters.append((parameter, skip("=") ? try expression() : nil))
    }
    return .macro(name: title, JinjaMacro(parameters: parameters, body: try closedBody("endmacro")))
  }

  // MARK: Expressions, from what binds least to what binds most

  private mutating func expression() throws(JinjaError) -> JinjaExpression {
    operations = 0
    return try conditional()
  }

  private mutating func count() throws(JinjaError) {
    operations += 1
    guard operations <= Self.mostOperations else { throw JinjaError("an expression is too long") }
  }

  private mutating func conditional() throws(JinjaError) -> JinjaExpression {
    try count()
    let value = try disjunction()
    guard skipName("if") else { return value }
    let condition = try disjunction()
    return .conditional(value, condition: condition, otherwise: skipName("else") ? try conditional() : nil)
  }

  private mutating func disjunction() throws(JinjaError) -> JinjaExpression {
    var left = try conjunction()
    while skipName("or") {
      try count()
      left = .or(left, try conjunction())
    }
    return left
  }

  private mutating func conjunction() throws(JinjaError) -> JinjaExpression {
    var left = try negation()
    while skipName("and") {
      try count()
      left = .and(left, try negation())
    }
    return left
  }

  private mutating func negation() throws(JinjaError) -> JinjaExpression {
    guard skipName("not") else { return try comparison() }
    try count()
    return .not(try negation())
  }

  private mutating func comparison() throws(JinjaError) -> JinjaExpression {
    let left = try sum()
    if skipName("in") {
      try count()
      return .binary(.contained, left, try sum())
    }
    if isNextName("not"), position + 1 < tokens.count, tokens[position + 1] == .name("in") {
      position += 2
      try count()
      return .not(.binary(.contained, left, try sum()))
    }
    guard let symbol = operation(among: ["==", "!=", "<=", ">=", "<", ">"]) else { return left }
    try count()
    return .binary(symbol, left, try sum())
  }

  private mutating func sum() throws(JinjaError) -> JinjaExpression {
    var left = try joining()
    while let symbol = operation(among: ["+", "-"]) {
      try count()
      left = .binary(symbol, left, try joining())
    }
    return left
  }

  private mutating func joining() throws(JinjaError) -> JinjaExpression {
    var left = try product()
    while let symbol = operation(among: ["~"]) {
      try count()
      left = .binary(symbol, left, try product())
    }
    return left
  }

  private mutating func product() throws(JinjaError) -> JinjaExpression {
    var left = try unary()
    while let symbol = operation(among: ["*", "//", "%"]) {
      try count()
      left = .binary(symbol, left, try unary())
    }
    return left
  }

  private mutating func operation(among symbols: [String]) -> JinjaOperator? {
    guard case .symbol(let symbol) = next, symbols.contains(symbol) else { return nil }
    position += 1
    return JinjaOperator(rawValue: symbol)
  }

  private mutating func unary() throws(JinjaError) -> JinjaExpression {
    guard skip("-") else { return try filtered(try postfix(try primary())) }
    try count()
    return .negative(try unary())
  }

  private mutating func filtered(_ value: JinjaExpression) throws(JinjaError) -> JinjaExpression {
    var value = value
    while true {
      if skip("|") {
        let title = try name("a filter")
        value = .filter(value, title, skip("(") ? try arguments() : JinjaArguments())
      } else if skipName("is") {
        let isNegated = skipName("not")
        let title = try name("a test")
        let test = JinjaExpression.test(value, title, try testArguments())
        value = isNegated ? .not(test) : test
      } else {
        return value
      }
      try count()
    }
  }

  /// A test's argument stands in parentheses or alone.
  private mutating func testArguments() throws(JinjaError) -> JinjaArguments {
    if skip("(") { return try arguments() }
    switch next {
    case .string, .integer: return JinjaArguments(positional: [try primary()])
    default: return JinjaArguments()
    }
  }

  private mutating func postfix(_ value: JinjaExpression) throws(JinjaError) -> JinjaExpression {
    var value = value
    while true {
      if skip(".") {
        value = .member(value, try name("a member"))
      } else if skip("[") {
        value = try element(of: value)
      } else if skip("(") {
        value = .call(value, try arguments())
      } else {
        return value
      }
      try count()
    }
  }

  private mutating func element(of value: JinjaExpression) throws(JinjaError) -> JinjaExpression {
    var parts: [JinjaExpression?] = [nil]
    while !skip("]") {
      if skip(":") {
        parts.append(nil)
      } else {
        parts[parts.count - 1] = try conditional()
        guard isNext(":") || isNext("]") else { throw JinjaError("] is missing") }
      }
    }
    if parts.count == 1, let index = parts[0] { return .element(value, index) }
    guard (2...3).contains(parts.count) else { throw JinjaError("an index is missing") }
    return .slice(value, from: parts[0], to: parts[1], step: parts.count > 2 ? parts[2] : nil)
  }

  private mutating func arguments() throws(JinjaError) -> JinjaArguments {
    var arguments = JinjaArguments()
    while !skip(")") {
      if !arguments.positional.isEmpty || !arguments.named.isEmpty { try require(.symbol(","), ",") }
      if case .name(let name) = next, position + 1 < tokens.count, tokens[position + 1] == .symbol("=") {
        position += 2
        arguments.named.append((name, try conditional()))
      } else {
        arguments.positional.append(try conditional())
      }
    }
    return arguments
  }

  private mutating func primary() throws(JinjaError) -> JinjaExpression {
    guard let token = next else { throw JinjaError("an expression is missing") }
    position += 1
    switch token {
    case .string(let text):
      // Strings that stand next to each other are one.
      var text = text
      while case .string(let more) = next {
        position += 1
        text += more
      }
      return .literal(.string(text))
    case .integer(let number): return .literal(.integer(number))
    case .name("true"), .name("True"): return .literal(.boolean(true))
    case .name("false"), .name("False"): return .literal(.boolean(false))
    case .name("none"), .name("None"): return .literal(.none)
    case .name(let name): return .name(name)
    case .symbol("("):
      let value = try conditional()
      try require(.symbol(")"), ")")
      return value
    case .symbol("["):
      var items: [JinjaExpression] = []
      while !skip("]") {
        if !items.isEmpty { try require(.symbol(","), ",") }
        items.append(try conditional())
      }
      return .list(items)
    case .symbol("{"):
      var members: [(key: JinjaExpression, value: JinjaExpression)] = []
      while !skip("}") {
        if !members.isEmpty { try require(.symbol(","), ",") }
        let key = try conditional()
        try require(.symbol(":"), ":")
        members.append((key, try conditional()))
      }
      return .map(members)
    default: throw JinjaError("an expression is missing")
    }
  }
}
