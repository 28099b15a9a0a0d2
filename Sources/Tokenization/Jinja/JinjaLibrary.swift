// SPDX-License-Identifier: Apache-2.0

/// Filters, tests and methods: those that the known families' templates use to lay out a conversation.
extension JinjaRenderer {
  mutating func filter(
    _ name: String, _ value: JinjaValue, _ arguments: [JinjaValue]
  ) throws(JinjaError) -> JinjaValue {
    switch (name, value, arguments.first) {
    case ("length", .string(let text), _), ("count", .string(let text), _):
      try meter.charge(text.utf8.count)
      return .integer(text.unicodeScalars.count)
    case ("length", .list(let items), _), ("count", .list(let items), _): return .integer(items.count)
    case ("length", .map(let members), _): return .integer(members.count)
    case ("length", .undefined, _): return .integer(0)
    case ("trim", .undefined, _): return .string("")
    case ("trim", .string(let text), nil): return try stripped(text, nil, start: true, end: true)
    case ("trim", .string(let text), .string(let set)?): return try stripped(text, set, start: true, end: true)
    case ("upper", .string(let text), _): return try changed(text) { $0.uppercased() }
    case ("lower", .string(let text), _): return try changed(text) { $0.lowercased() }
    case ("capitalize", .string(let text), _): return try changed(text, capitalized)
    case ("string", _, _):
      guard let text = value.text else { throw JinjaError("it makes text of a list or a mapping") }
      return .string(text)
    case ("safe", _, _): return value
    case ("list", _, _): return .list(try elements(of: value))
    case ("first", _, _): return try elements(of: value).first ?? .undefined
    case ("last", _, _): return try elements(of: value).last ?? .undefined
    case ("default", .undefined, let standard?), ("d", .undefined, let standard?): return standard
    case ("default", _, _?), ("d", _, _?): return value
    case ("join", _, let separator): return try join(try elements(of: value), separator?.text ?? "")
    case ("selectattr", .list(let items), .string(let member)?), ("rejectattr", .list(let items), .string(let member)?):
      return .list(try select(items, member, Array(arguments.dropFirst()), keeping: name == "selectattr"))
    default: throw JinjaError("the filter “\(name.prefix(40))” is not known here for such a value")
    }
  }

  private mutating func join(_ items: [JinjaValue], _ separator: String) throws(JinjaError) -> JinjaValue {
    var text = ""
    for (index, item) in items.enumerated() {
      guard let part = item.text else { throw JinjaError("it joins what is no text") }
      try meter.charge(JinjaMeter.element + separator.utf8.count + part.utf8.count)
      if index > 0 { text += separator }
      text += part
      try checkLength(text.utf8.count)
    }
    return .string(text)
  }

  /// The items whose member passes the test that the arguments name; without one, those whose member is true.
  private mutating func select(
    _ items: [JinjaValue], _ member: String, _ arguments: [JinjaValue], keeping wanted: Bool
  ) throws(JinjaError) -> [JinjaValue] {
    var kept: [JinjaValue] = []
    for item in items {
      try meter.charge(JinjaMeter.step)
      var value = JinjaValue.undefined
      if case .map(let members) = item { value = try self.value(of: member, among: members) ?? .undefined }
      var passes = value.isTrue
      if case .string(let name)? = arguments.first { passes = try test(name, value, Array(arguments.dropFirst())) }
      if passes == wanted { kept.append(item) }
    }
    return kept
  }

  mutating func test(_ name: String, _ value: JinjaValue, _ arguments: [JinjaValue]) throws(JinjaError) -> Bool {
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
      return try areEqual(value, other)
    default: throw JinjaError("the test “\(String(name.unicodeScalars.prefix(40)))” is not known here")
    }
  }

  mutating func method(
    _ name: String, of value: JinjaValue, _ arguments: [JinjaValue]
  ) throws(JinjaError) -> JinjaValue {
    var set: String?
    if case .string(let text)? = arguments.first { set = text }
    switch (name, value, set) {
    case ("strip", .string(let text), _): return try stripped(text, set, start: true, end: true)
    case ("lstrip", .string(let text), _): return try stripped(text, set, start: true, end: false)
    case ("rstrip", .string(let text), _): return try stripped(text, set, start: false, end: true)
    case ("upper", .string(let text), _): return try changed(text) { $0.uppercased() }
    case ("lower", .string(let text), _): return try changed(text) { $0.lowercased() }
    case ("capitalize", .string(let text), _): return try changed(text, capitalized)
    case ("startswith", .string(let text), let part?):
      try meter.charge(min(text.utf8.count, part.utf8.count))
      return .boolean(text.utf8.starts(with: part.utf8))
    case ("endswith", .string(let text), let part?):
      try meter.charge(min(text.utf8.count, part.utf8.count))
      return .boolean(text.utf8.reversed().starts(with: part.utf8.reversed()))
    case ("split", .string(let text), let separator?) where !separator.isEmpty:
      try meter.charge(text.utf8.count + 8 * separator.utf8.count)
      let parts = pieces(of: Array(text.utf8), separatedBy: separator.utf8)
      try meter.charge(parts.count * JinjaMeter.element)
      return .list(parts.map { .string(String(decoding: $0, as: UTF8.self)) })
    case ("get", .map(let members), let key?):
      return try self.value(of: key, among: members) ?? (arguments.count > 1 ? arguments[1] : .none)
    default: throw JinjaError("the method “\(name.prefix(40))” is not known here for such a value")
    }
  }

  // MARK: Parts of them

  mutating func value(
    of key: String, among members: [JinjaKey: JinjaValue]
  ) throws(JinjaError) -> JinjaValue? {
    try meter.charge(4 * key.utf8.count)
    return members[JinjaKey(key)]
  }

  mutating func areEqual(_ left: JinjaValue, _ right: JinjaValue) throws(JinjaError) -> Bool {
    try meter.charge(min(left.byteCount, right.byteCount))
    return left.isEqual(to: right)
  }

  /// A change of case makes at most three characters of one.
  private mutating func changed(_ text: String, _ change: (String) -> String) throws(JinjaError) -> JinjaValue {
    try meter.charge(3 * text.utf8.count)
    return .string(try bounded(change(text)))
  }

  /// The text in lower case but for its first letter.
  private func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst().lowercased() }

  /// The text without the characters of `set` at its start or end; nil stands for white space.
  private mutating func stripped(
    _ text: String, _ set: String?, start: Bool, end: Bool
  ) throws(JinjaError) -> JinjaValue {
    try meter.charge(4 * text.utf8.count + 16 * (set?.utf8.count ?? 0))
    let taken = set.map { Set($0.unicodeScalars) }
    func isTaken(_ scalar: Unicode.Scalar) -> Bool { taken?.contains(scalar) ?? scalar.properties.isWhitespace }
    var scalars = Substring(text).unicodeScalars
    if start { scalars = scalars.drop(while: isTaken) }
    while end, let last = scalars.last, isTaken(last) { scalars.removeLast() }
    return .string(String(scalars))
  }
}
