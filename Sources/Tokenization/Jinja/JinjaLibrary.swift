// SPDX-License-Identifier: Apache-2.0

/// Filters, tests and methods: those that the known families' templates use to lay out a conversation.
extension JinjaRenderer {
  func filter(_ name: String, _ value: JinjaValue, _ arguments: [JinjaValue]) throws(JinjaError) -> JinjaValue {
    switch (name, value, arguments.first) {
    case ("length", .string(let text), _), ("count", .string(let text), _):
      return .integer(text.unicodeScalars.count)
    case ("length", .list(let items), _), ("count", .list(let items), _): return .integer(items.count)
    case ("length", .map(let members), _): return .integer(members.count)
    case ("length", .undefined, _): return .integer(0)
    case ("trim", .undefined, _): return .string("")
    case ("trim", .string(let text), nil): return .string(stripped(text, nil, start: true, end: true))
    case ("trim", .string(let text), .string(let set)?): return .string(stripped(text, set, start: true, end: true))
    case ("upper", .string(let text), _): return .string(try bounded(text.uppercased()))
    case ("lower", .string(let text), _): return .string(try bounded(text.lowercased()))
    case ("string", _, _):
      guard let text = value.text else { throw JinjaError("it makes text of a list or a mapping") }
      return .string(text)
    case ("safe", _, _): return value
    case ("list", _, _): return .list(try elements(of: value))
    case ("first", _, _): return try elements(of: value).first ?? .undefined
    case ("last", _, _): return try elements(of: value).last ?? .undefined
    case ("default", .undefined, let standard?), ("d", .undefined, let standard?): return standard
    case ("default", _, _?), ("d", _, _?): return value
    case ("join", _, let separator):
      var parts: [String] = []
      for item in try elements(of: value) {
        guard let text = item.text else { throw JinjaError("it joins what is no text") }
        parts.append(text)
      }
      return .string(try bounded(parts.joined(separator: separator?.text ?? "")))
    case ("selectattr", .list(let items), .string(let member)?), ("rejectattr", .list(let items), .string(let member)?):
      return .list(try select(items, member, Array(arguments.dropFirst()), keeping: name == "selectattr"))
    default: throw JinjaError("the filter “\(name.prefix(40))” is not known here for such a value")
    }
  }

  /// The items whose member passes the test that the arguments name; without one, those whose member is true.
  private func select(
    _ items: [JinjaValue], _ member: String, _ arguments: [JinjaValue], keeping wanted: Bool
  ) throws(JinjaError) -> [JinjaValue] {
    var kept: [JinjaValue] = []
    for item in items {
      var value = JinjaValue.undefined
      if case .map(let members) = item { value = members[member] ?? .undefined }
      var passes = value.isTrue
      if case .string(let name)? = arguments.first { passes = try test(name, value, Array(arguments.dropFirst())) }
      if passes == wanted { kept.append(item) }
    }
    return kept
  }

  func test(_ name: String, _ value: JinjaValue, _ arguments: [JinjaValue]) throws(JinjaError) -> Bool {
    switch (name, value) {
    case ("defined", .undefined): return false
    case ("defined", _): return true
    case ("undefined", .undefined): return true
    case ("undefined", _): return false
    case ("none", .none), ("string", .string), ("number", .integer), ("integer", .integer), ("boolean", .boolean),
      ("mapping", .map), ("sequence", .string), ("sequence", .list), ("sequence", .map), ("iterable", .string),
      ("iterable", .list), ("iterable", .map), ("iterable", .undefined), ("sequence", .undefined):
      return true
    case ("none", _), ("string", _), ("number", _), ("integer", _), ("boolean", _), ("mapping", _), ("sequence", _),
      ("iterable", _):
      return false
    case ("true", .boolean(let flag)): return flag
    case ("false", .boolean(let flag)): return !flag
    case ("true", _), ("false", _): return false
    case ("equalto", _), ("eq", _), ("==", _):
      guard let other = arguments.first else { throw JinjaError("equalto needs something to compare with") }
      return value.isEqual(to: other)
    default: throw JinjaError("the test “\(name.prefix(40))” is not known here")
    }
  }

  func method(_ name: String, of value: JinjaValue, _ arguments: [JinjaValue]) throws(JinjaError) -> JinjaValue {
    var set: String?
    if case .string(let text)? = arguments.first { set = text }
    switch (name, value, set) {
    case ("strip", .string(let text), _): return .string(stripped(text, set, start: true, end: true))
    case ("lstrip", .string(let text), _): return .string(stripped(text, set, start: true, end: false))
    case ("rstrip", .string(let text), _): return .string(stripped(text, set, start: false, end: true))
    case ("upper", .string(let text), _): return .string(try bounded(text.uppercased()))
    case ("lower", .string(let text), _): return .string(try bounded(text.lowercased()))
    case ("startswith", .string(let text), let part?): return .boolean(text.utf8.starts(with: part.utf8))
    case ("endswith", .string(let text), let part?):
      return .boolean(text.utf8.reversed().starts(with: part.utf8.reversed()))
    case ("split", .string(let text), let separator?) where !separator.isEmpty:
      return .list(
        text.unicodeScalars.split(separator: separator.unicodeScalars, omittingEmptySubsequences: false)
          .map { .string(String($0)) })
    case ("get", .map(let members), let key?):
      return members[key] ?? (arguments.count > 1 ? arguments[1] : .none)
    default: throw JinjaError("the method “\(name.prefix(40))” is not known here for such a value")
    }
  }

  /// The text without the characters of `set` at its start or end; nil stands for white space.
  private func stripped(_ text: String, _ set: String?, start: Bool, end: Bool) -> String {
    func isTaken(_ scalar: Unicode.Scalar) -> Bool {
      if let set { set.unicodeScalars.contains(scalar) } else { scalar.properties.isWhitespace }
    }
    var scalars = Substring(text).unicodeScalars
    if start { scalars = scalars.drop(while: isTaken) }
    while end, let last = scalars.last, isTaken(last) { scalars.removeLast() }
    return String(scalars)
  }
}
