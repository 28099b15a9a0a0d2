// SPDX-License-Identifier: Apache-2.0

extension JinjaRenderer {
  mutating func evaluate(_ expression: JinjaExpression) throws(JinjaError) -> JinjaValue {
    try step()
    switch expression {
    case .literal(let value): return value
    case .name(let name): return lookup(name)
    case .list(let items):
      try containerMade()
      return .list(try evaluateAll(items))
    case .map(let members):
      try containerMade()
      var values: [String: JinjaValue] = [:]
      for member in members {
        guard case .string(let key) = try evaluate(member.key) else { throw JinjaError("a key is no string") }
        values[key] = try evaluate(member.value)
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
      if case .undefined = lookup(name) { return .boolean(false) }
      return .boolean(true)
    case .test(let value, let name, let arguments):
      return .boolean(try test(name, try evaluate(value), try evaluateAll(arguments.positional)))
    case .not(let value): return .boolean(!(try evaluate(value).isTrue))
    case .negative(let value):
      guard case .integer(let number) = try evaluate(value) else { throw JinjaError("- needs a number") }
      return .integer(0 &- number)
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
    for expression in expressions { values.append(try evaluate(expression)) }
    return values
  }

  private mutating func integer(_ expression: JinjaExpression?) throws(JinjaError) -> Int? {
    guard let expression else { return nil }
    guard case .integer(let number) = try evaluate(expression) else { throw JinjaError("an index is no number") }
    return number
  }

  // MARK: Parts

  private func member(_ name: String, of value: JinjaValue) throws(JinjaError) -> JinjaValue {
    switch value {
    case .undefined: throw JinjaError("it asks what is not there for its “\(name.prefix(40))”")
    case .map(let members): members[name] ?? .undefined
    case .namespace(let space): space.members[name] ?? .undefined
    default: .undefined
    }
  }

  private func element(of value: JinjaValue, _ index: JinjaValue) throws(JinjaError) -> JinjaValue {
    switch (value, index) {
    case (_, .string(let name)): return try member(name, of: value)
    case (.list(let items), .integer(let index)):
      let position = index < 0 ? items.count &+ index : index
      return items.indices.contains(position) ? items[position] : .undefined
    case (.undefined, _): throw JinjaError("it asks what is not there for an element")
    default: return .undefined
    }
  }

  private func slice(_ value: JinjaValue, _ from: Int?, _ to: Int?, _ step: Int) throws(JinjaError) -> JinjaValue {
    guard case .list(let items) = value else { throw JinjaError("it takes a part of what is no list") }
    func place(_ index: Int) -> Int { min(max(index < 0 ? items.count &+ index : index, 0), items.count) }
    if step == 1 {
      let start = place(from ?? 0)
      return .list(Array(items[start..<max(start, place(to ?? items.count))]))
    }
    guard step == -1, from == nil, to == nil else { throw JinjaError("it takes every few elements of a list") }
    return .list(items.reversed())
  }

  // MARK: Operators

  private static let mostElements = 4096

  private func binary(
    _ symbol: JinjaOperator, _ left: JinjaValue, _ right: JinjaValue
  ) throws(JinjaError) -> JinjaValue {
    switch (symbol, left, right) {
    case (.equal, .list, .list), (.unequal, .list, .list), (.equal, .map, .map), (.unequal, .map, .map):
      throw JinjaError("it compares lists or mappings")
    case (.equal, _, _): return .boolean(left.isEqual(to: right))
    case (.unequal, _, _): return .boolean(!left.isEqual(to: right))
    case (.contained, _, _): return .boolean(try contains(right, left))
    case (.add, .string(let left), .string(let right)): return .string(try bounded(left + right))
    case (.add, .list(let left), .list(let right)):
      guard left.count + right.count <= Self.mostElements else { throw JinjaError("it makes too long a list") }
      return .list(left + right)
    case (.join, _, _):
      guard let left = left.text, let right = right.text else { throw JinjaError("~ needs text") }
      return .string(try bounded(left + right))
    case (_, .integer(let left), .integer(let right)): return try integers(symbol, left, right)
    default: throw JinjaError("\(symbol.rawValue) does not go with its two sides")
    }
  }

  private func integers(_ symbol: JinjaOperator, _ left: Int, _ right: Int) throws(JinjaError) -> JinjaValue {
    switch symbol {
    case .add: return .integer(left &+ right)
    case .subtract: return .integer(left &- right)
    case .multiply: return .integer(left &* right)
    case .less: return .boolean(left < right)
    case .greater: return .boolean(left > right)
    case .atMost: return .boolean(left <= right)
    case .atLeast: return .boolean(left >= right)
    case .divide, .remainder:
      guard right != 0, right != -1 else { throw JinjaError("it divides by \(right)") }
      // Python rounds down, Swift towards zero.
      let remainder = ((left % right) + right) % right
      return .integer(symbol == .remainder ? remainder : (left - remainder) / right)
    case .equal, .unequal, .join, .contained: throw JinjaError("\(symbol.rawValue) does not go with numbers")
    }
  }

  private func contains(_ container: JinjaValue, _ item: JinjaValue) throws(JinjaError) -> Bool {
    switch (container, item) {
    case (.string(let text), .string(let part)): return text.unicodeScalars.contains(part.unicodeScalars)
    case (.list(let items), _): return items.contains { $0.isEqual(to: item) }
    case (.map(let members), .string(let key)): return members[key] != nil
    case (.undefined, _): return false
    default: throw JinjaError("in needs a list, a mapping or a string")
    }
  }

  // MARK: Calls

  private mutating func call(_ callee: JinjaExpression, _ arguments: JinjaArguments) throws(JinjaError) -> JinjaValue {
    let values = try evaluateAll(arguments.positional)
    var named: [String: JinjaValue] = [:]
    for argument in arguments.named { named[argument.name] = try evaluate(argument.value) }
    if case .member(let value, let name) = callee {
      return try method(name, of: try evaluate(value), values)
    }
    guard case .name(let name) = callee else { throw JinjaError("it calls what cannot be called") }
    if case .macro(let macro) = lookup(name) { return try call(macro, values, named: named) }
    switch name {
    case "namespace":
      try containerMade()
      return .namespace(JinjaNamespace(named))
    case "raise_exception":
      if case .string(let reason)? = values.first { throw JinjaError("it says “\(reason.prefix(200))”") }
      throw JinjaError("it raises an exception")
    default: throw JinjaError("the function “\(name.prefix(40))” is not known here")
    }
  }
}
