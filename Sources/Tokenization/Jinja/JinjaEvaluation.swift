// SPDX-License-Identifier: Apache-2.0

extension JinjaRenderer {
  mutating func evaluate(_ expression: JinjaExpression) throws(JinjaError) -> JinjaValue {
    try meter.charge(JinjaMeter.step)
    try descend()
    defer { ascend() }
    switch expression {
    case .literal(let value): return value
    case .name(let name): return try lookup(name)
    case .list(let items):
      try containerMade()
      return .list(try evaluateAll(items))
    case .map(let members):
      try containerMade()
      var values: [JinjaKey: JinjaValue] = [:]
      for member in members {
        guard case .string(let key) = try evaluate(member.key) else { throw JinjaError("a key is no string") }
        try meter.charge(JinjaMeter.member + 4 * key.utf8.count)
        values[JinjaKey(key)] = try evaluate(member.value)
      }
      return .map(values)
    case .member(let value, let name): return try member(name, of: try evaluate(value))
    case .element(let value, let index): return try element(of: try evaluate(value), try evaluate(index))
    case .slice(let value, let from, let to, let step):
      return try slice(try evaluate(value), try integer(from), try integer(to), try integer(step) ?? 1)
    case .call(let callee, let arguments): return try call(callee, arguments)
    case .filter(let value, let name, let arguments):
      return try filter(name, try evaluate(value), try evaluateAll(arguments.positional))
    case .test(.name(let name), "defined", _):
      if case .undefined = try lookup(name) { return .boolean(false) }
      return .boolean(true)
    case .test(let value, let name, let arguments):
      return .boolean(try test(name, try evaluate(value), try evaluateAll(arguments.positional)))
    case .not(let value): return .boolean(!(try evaluate(value).isTrue))
    case .negative(let value):
      guard case .integer(let number) = try evaluate(value) else { throw JinjaError("- needs a number") }
      return .integer(try checked(0.subtractingReportingOverflow(number)))
    case .and(let left, let right):
      let value = try evaluate(left)
      return value.isTrue ? try evaluate(right) : value
    case .or(let left, let right):
      let value = try evaluate(left)
      return value.isTrue ? value : try evaluate(right)
    case .binary(let symbol, let left, let right): return try binary(symbol, try evaluate(left), try evaluate(right))
    case .conditional(let value, let condition, let otherwise):
      if try evaluate(condition).isTrue { return try evaluate(value) }
      return if let otherwise { try evaluate(otherwise) } else { .undefined }
    }
  }

  private mutating func evaluateAll(_ expressions: [JinjaExpression]) throws(JinjaError) -> [JinjaValue] {
    var values: [JinjaValue] = []
    for expression in expressions {
      try meter.charge(JinjaMeter.element)
      values.append(try evaluate(expression))
    }
    return values
  }

  private mutating func integer(_ expression: JinjaExpression?) throws(JinjaError) -> Int? {
    guard let expression else { return nil }
    guard case .integer(let number) = try evaluate(expression) else { throw JinjaError("an index is no number") }
    return number
  }

  // MARK: Parts

  private mutating func member(_ name: String, of value: JinjaValue) throws(JinjaError) -> JinjaValue {
    switch value {
    case .undefined: throw JinjaError("it asks what is not there for its “\(String(name.unicodeScalars.prefix(40)))”")
    case .map(let members): return try self.value(of: name, among: members) ?? .undefined
    case .namespace(let space): return try self.value(of: name, among: space.members) ?? .undefined
    default: return .undefined
    }
  }

  private mutating func element(of value: JinjaValue, _ index: JinjaValue) throws(JinjaError) -> JinjaValue {
    switch (value, index) {
    case (_, .string(let name)): return try member(name, of: value)
    case (.list(let items), .integer(let index)):
      let position = index < 0 ? items.count + index : index
      return items.indices.contains(position) ? items[position] : .undefined
    case (.undefined, _): throw JinjaError("it asks what is not there for an element")
    default: return .undefined
    }
  }

  private mutating func slice(
    _ value: JinjaValue, _ from: Int?, _ to: Int?, _ step: Int
  ) throws(JinjaError) -> JinjaValue {
    guard case .list(let items) = value else { throw JinjaError("it takes a part of what is no list") }
    try meter.charge(items.count * JinjaMeter.element)
    func place(_ index: Int) -> Int { min(max(index < 0 ? items.count + index : index, 0), items.count) }
    if step == 1 {
      let start = place(from ?? 0)
      return .list(Array(items[start..<max(start, place(to ?? items.count))]))
    }
    guard step == -1, from == nil, to == nil else { throw JinjaError("it takes every few elements of a list") }
    return .list(items.reversed())
  }

  // MARK: Operators

  private static let mostElements = 4096

  private mutating func binary(
    _ symbol: JinjaOperator, _ left: JinjaValue, _ right: JinjaValue
  ) throws(JinjaError) -> JinjaValue {
    switch (symbol, left, right) {
    case (.equal, .list, .list), (.unequal, .list, .list), (.equal, .map, .map), (.unequal, .map, .map):
      throw JinjaError("it compares lists or mappings")
    case (.equal, _, _): return .boolean(try areEqual(left, right))
    case (.unequal, _, _): return .boolean(!(try areEqual(left, right)))
    case (.contained, _, _): return .boolean(try contains(right, left))
    case (.add, .string(let left), .string(let right)): return .string(try joined(left, right))
    case (.add, .list(let left), .list(let right)):
      guard left.count + right.count <= Self.mostElements else { throw JinjaError("it makes too long a list") }
      try meter.charge((left.count + right.count) * JinjaMeter.element)
      return .list(left + right)
    case (.join, _, _):
      guard let left = left.text, let right = right.text else { throw JinjaError("~ needs text") }
      return .string(try joined(left, right))
    case (_, .integer(let left), .integer(let right)): return try integers(symbol, left, right)
    default: throw JinjaError("\(symbol.rawValue) does not go with its two sides")
    }
  }

  private func integers(_ symbol: JinjaOperator, _ left: Int, _ right: Int) throws(JinjaError) -> JinjaValue {
    switch symbol {
    case .add: return .integer(try checked(left.addingReportingOverflow(right)))
    case .subtract: return .integer(try checked(left.subtractingReportingOverflow(right)))
    case .multiply: return .integer(try checked(left.multipliedReportingOverflow(by: right)))
    case .less: return .boolean(left < right)
    case .greater: return .boolean(left > right)
    case .atMost: return .boolean(left <= right)
    case .atLeast: return .boolean(left >= right)
    case .divide, .remainder:
      guard right != 0 else { throw JinjaError("it divides by 0") }
      if symbol == .remainder, right == -1 { return .integer(0) }
      let quotient = try checked(left.dividedReportingOverflow(by: right))
      let remainder = left - quotient * right
      // Python rounds down, Swift towards zero. A quotient that is not exact is not at the end of its range.
      let isRoundedUp = remainder != 0 && (remainder < 0) != (right < 0)
      if symbol == .remainder { return .integer(isRoundedUp ? remainder + right : remainder) }
      return .integer(isRoundedUp ? quotient - 1 : quotient)
    case .equal, .unequal, .join, .contained: throw JinjaError("\(symbol.rawValue) does not go with numbers")
    }
  }

  /// A number that the template computes; Python's have no end, these do.
  private func checked(_ result: (partialValue: Int, overflow: Bool)) throws(JinjaError) -> Int {
    guard !result.overflow else { throw JinjaError("a number is too large") }
    return result.partialValue
  }

  private mutating func contains(_ container: JinjaValue, _ item: JinjaValue) throws(JinjaError) -> Bool {
    switch (container, item) {
    case (.string(let text), .string(let part)):
      try meter.charge(text.utf8.count + 8 * part.utf8.count)
      return part.isEmpty || !occurrences(of: part.utf8, in: Array(text.utf8), most: 1).isEmpty
    case (.list(let items), _):
      for element in items {
        try meter.charge(JinjaMeter.element / 4)
        if try areEqual(element, item) { return true }
      }
      return false
    case (.map(let members), .string(let key)): return try value(of: key, among: members) != nil
    case (.undefined, _): return false
    default: throw JinjaError("in needs a list, a mapping or a string")
    }
  }

  // MARK: Calls

  private mutating func call(_ callee: JinjaExpression, _ arguments: JinjaArguments) throws(JinjaError) -> JinjaValue {
    let values = try evaluateAll(arguments.positional)
    var named: [String: JinjaValue] = [:]
    for argument in arguments.named {
      try meter.charge(JinjaMeter.member)
      named[argument.name] = try evaluate(argument.value)
    }
    if case .member(let value, let name) = callee {
      return try method(name, of: try evaluate(value), values)
    }
    guard case .name(let name) = callee else { throw JinjaError("it calls what cannot be called") }
    if case .macro(let macro) = try lookup(name) { return try call(macro, values, named: named) }
    switch name {
    case "namespace": return try makeNamespace(named)
    case "raise_exception":
      if case .string(let reason)? = values.first {
        throw JinjaError("it says “\(String(reason.unicodeScalars.prefix(200)))”")
      }
      throw JinjaError("it raises an exception")
    default: throw JinjaError("the function “\(name.prefix(40))” is not known here")
    }
  }
}
