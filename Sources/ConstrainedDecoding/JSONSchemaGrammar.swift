// SPDX-License-Identifier: Apache-2.0

/// Writes the grammar of the JSON texts that a schema describes.
///
/// Keywords: `type` (also several), `properties`, `required`, `additionalProperties`, `items`, `prefixItems`,
/// `minItems`, `maxItems`, `enum`, `const`, `anyOf`, `oneOf`, `minLength`, `maxLength`, `minimum`, `maximum`, `$ref`
/// within the schema. Those that only describe are passed over. Any other is an error, for an answer would break it.
///
/// Numbers and white space have bounds that JSON does not know, so that no model writes digits or spaces for ever.
struct JSONSchemaGrammar {
  /// The name of the rule of a whole text.
  static let root = "root"

  private let schema: OrderedJSON
  private var expressions: [String: GrammarExpression] = [:]
  /// References whose rules are written or about to be.
  private var references: [String: String] = [:]
  private var waiting: [(name: String, schema: OrderedJSON)] = []

  /// Levels of schemas within schemas.
  private static let mostDepth = 100
  /// A bound of a length.
  private static let mostItems = 10_000
  /// Whole numbers between two bounds.
  private static let mostNumbers = 10_000
  private static let described: Set<String> = [
    "$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default", "examples", "deprecated",
    "readOnly", "writeOnly", "format",
  ]

  init(_ schema: OrderedJSON) { self.schema = schema }

  /// - Throws: `GrammarError.schema`.
  mutating func rules() throws(GrammarError) -> [String: GrammarExpression] {
    expressions = Self.common
    expressions[Self.root] = try expression(of: schema, depth: 0)
    while let (name, schema) = waiting.popLast() { expressions[name] = try expression(of: schema, depth: 0) }
    return expressions
  }

  private static let space = GrammarExpression.optional(.text(" "))
  private static let comma = GrammarExpression.sequence([.text(","), space])
  private static let digit = GrammarExpression.characters([0x30...0x39])
  private static let magnitude = GrammarExpression.choice([
    .text("0"), .sequence([.characters([0x31...0x39]), .repeated(digit, least: 0, most: 15)]),
  ])
  private static let fraction = GrammarExpression.sequence([
    .optional(.sequence([.text("."), .repeated(digit, least: 1, most: 16)])),
    .optional(
      .sequence([
        .characters([0x45...0x45, 0x65...0x65]), .optional(.characters([0x2B...0x2B, 0x2D...0x2D])),
        .repeated(digit, least: 1, most: 3),
      ])),
  ])

  /// Rules of what any schema may need.
  private static let common: [String: GrammarExpression] = {
    let hexadecimal = GrammarExpression.characters([0x30...0x39, 0x41...0x46, 0x61...0x66])
    let escapes = "\"\\/bfnrt".unicodeScalars.map { $0.value...$0.value }
    return [
      "character": .choice([
        .charactersExcept([0...0x1F, 0x22...0x22, 0x5C...0x5C, 0x7F...0x7F]),
        .sequence([
          .text("\\"),
          .choice([
            .characters(escapes), .sequence([.text("u"), .repeated(hexadecimal, least: 4, most: 4)]),
          ]),
        ]),
      ]),
      "string": .sequence([.text("\""), .repeated(.rule("character"), least: 0, most: nil), .text("\"")]),
      "integer": .sequence([.optional(.text("-")), magnitude]),
      "number": .sequence([.optional(.text("-")), magnitude, fraction]),
      "boolean": .choice([.text("true"), .text("false")]),
      "value": .choice([
        .rule("object"), .rule("array"), .rule("string"), .rule("number"), .rule("boolean"), .text("null"),
      ]),
      "object": object(of: .rule("value")),
      "array": array(of: .rule("value"), least: 0, most: nil),
    ]
  }()

  private static func list(of item: GrammarExpression, least: Int, most: Int?) -> GrammarExpression {
    if most == 0 { return .sequence([]) }
    let list = GrammarExpression.sequence([
      item, .repeated(.sequence([comma, item]), least: max(least - 1, 0), most: most.map { $0 - 1 }),
    ])
    return least == 0 ? .optional(list) : list
  }

  private static func array(of item: GrammarExpression, least: Int, most: Int?) -> GrammarExpression {
    .sequence([.text("["), list(of: item, least: least, most: most), .text("]")])
  }

  private static func object(of value: GrammarExpression) -> GrammarExpression {
    let member = GrammarExpression.sequence([.rule("string"), .text(":"), space, value])
    return .sequence([.text("{"), list(of: member, least: 0, most: nil), .text("}")])
  }

  // MARK: Schemas

  private mutating func expression(of schema: OrderedJSON, depth: Int) throws(GrammarError) -> GrammarExpression {
    guard depth < Self.mostDepth else {
      throw .schema(keyword: "properties", reason: "are nested more than \(Self.mostDepth) deep")
    }
    guard case .object(let members) = schema else {
      if schema == .bool(true) { return .rule("value") }
      throw .schema(keyword: "type", reason: "is missing: a schema is an object, not \(schema.text.prefix(40))")
    }
    let keywords = Keywords(members)
    if let reference = keywords["$ref"] {
      try keywords.check(allowing: ["$ref"])
      return .rule(try rule(of: reference))
    }
    if let value = keywords["const"] {
      try keywords.check(allowing: ["const", "type"])
      try keywords.checkTypes(of: [value], keyword: "const")
      return .text(value.text)
    }
    if let values = keywords["enum"] {
      try keywords.check(allowing: ["enum", "type"])
      guard case .array(let values) = values, !values.isEmpty else {
        throw .schema(keyword: "enum", reason: "is no list of values")
      }
      try keywords.checkTypes(of: values, keyword: "enum")
      return .oneOf(values.map(\.text))
    }
    for keyword in ["anyOf", "oneOf"] {
      guard let choices = keywords[keyword] else { continue }
      guard case .array(let schemas) = choices, !schemas.isEmpty else {
        throw .schema(keyword: keyword, reason: "is no list of schemas")
      }
      var expressions: [GrammarExpression] = []
      for schema in schemas { expressions.append(try expression(of: schema, depth: depth + 1)) }
      try keywords.check(allowing: [keyword])
      return .choice(expressions)
    }
    return try expression(of: keywords, depth: depth)
  }

  private mutating func expression(of keywords: Keywords, depth: Int) throws(GrammarError) -> GrammarExpression {
    var choices: [GrammarExpression] = []
    let types = try keywords.types()
    for type in types { choices.append(try expression(ofType: type, keywords, depth: depth)) }
    try keywords.check(allowing: Set(types.flatMap { Self.keywords[$0] ?? [] }).union(["type"]))
    return choices.count == 1 ? choices[0] : .choice(choices)
  }

  /// The keywords that are about values of a type.
  private static let keywords: [String: [String]] = [
    "object": ["properties", "required", "additionalProperties"],
    "array": ["items", "prefixItems", "minItems", "maxItems"], "string": ["minLength", "maxLength"],
    "integer": ["minimum", "maximum"], "number": ["minimum", "maximum"],
  ]

  private mutating func expression(
    ofType type: String, _ keywords: Keywords, depth: Int
  ) throws(GrammarError) -> GrammarExpression {
    switch type {
    case "object": return try object(keywords, depth: depth)
    case "array": return try array(keywords, depth: depth)
    case "string":
      let (least, most) = try keywords.bounds("minLength", "maxLength", limit: Self.mostItems)
      if least == 0, most == nil { return .rule("string") }
      return .sequence([.text("\""), .repeated(.rule("character"), least: least, most: most), .text("\"")])
    case "integer": return try integer(keywords)
    case "number":
      guard let least = try keywords.number("minimum") else {
        if keywords["maximum"] != nil { throw .schema(keyword: "maximum", reason: Self.numberBounds) }
        return .rule("number")
      }
      return try nonNegative(least, keywords)
    case "boolean", "null": return type == "null" ? .text("null") : .rule("boolean")
    case Keywords.anyType: return .rule("value")
    default:
      throw .schema(
        keyword: "type", reason: "is \(type), which is none of object, array, string, number, integer, boolean and null"
      )
    }
  }

  private static let numberBounds =
    "is supported for numbers as a minimum of 0, alone or with a maximum of 1; use a whole number, or leave it out"

  /// Numbers from 0 on, or from 0 to 1.
  private func nonNegative(_ least: Double, _ keywords: Keywords) throws(GrammarError) -> GrammarExpression {
    guard least == 0 else { throw .schema(keyword: "minimum", reason: Self.numberBounds) }
    guard let most = try keywords.number("maximum") else { return .sequence([Self.magnitude, Self.fraction]) }
    guard most == 1 else { throw .schema(keyword: "maximum", reason: Self.numberBounds) }
    let decimals = GrammarExpression.optional(.sequence([.text("."), .repeated(Self.digit, least: 1, most: 16)]))
    let zeros = GrammarExpression.optional(.sequence([.text("."), .repeated(.text("0"), least: 1, most: 16)]))
    return .choice([.sequence([.text("0"), decimals]), .sequence([.text("1"), zeros])])
  }

  private func integer(_ keywords: Keywords) throws(GrammarError) -> GrammarExpression {
    let least = try keywords.number("minimum")
    let most = try keywords.number("maximum")
    switch (least, most) {
    case (nil, nil): return .rule("integer")
    case (0?, nil): return Self.magnitude
    case (let least?, let most?):
      guard let first = Int(exactly: least.rounded(.up)), let last = Int(exactly: most.rounded(.down)), first <= last,
        last.subtractingReportingOverflow(first).partialValue < Self.mostNumbers,
        !last.subtractingReportingOverflow(first).overflow
      else {
        throw .schema(
          keyword: "maximum", reason: "is below the minimum, or more than \(Self.mostNumbers) whole numbers above it")
      }
      return .oneOf((first...last).map(String.init))
    default:
      throw .schema(
        keyword: least == nil ? "maximum" : "minimum",
        reason: "is supported for whole numbers as a minimum of 0, or with both bounds")
    }
  }

  private mutating func array(_ keywords: Keywords, depth: Int) throws(GrammarError) -> GrammarExpression {
    let (least, most) = try keywords.bounds("minItems", "maxItems", limit: Self.mostItems)
    if let schemas = keywords["prefixItems"] {
      guard case .array(let schemas) = schemas else {
        throw .schema(keyword: "prefixItems", reason: "is no list of schemas")
      }
      guard least <= schemas.count, most ?? schemas.count >= schemas.count,
        keywords["items"].map({ $0 == .bool(false) }) ?? true
      else { throw .schema(keyword: "prefixItems", reason: "has to name all items: no “items” beside it") }
      var parts: [GrammarExpression] = []
      for (index, schema) in schemas.enumerated() {
        if index > 0 { parts.append(Self.comma) }
        parts.append(try expression(of: schema, depth: depth + 1))
      }
      return .sequence([.text("["), .sequence(parts), .text("]")])
    }
    var item = GrammarExpression.rule("value")
    if let schema = keywords["items"] { item = newRule(try expression(of: schema, depth: depth + 1)) }
    return Self.array(of: item, least: least, most: most)
  }

  private mutating func object(_ keywords: Keywords, depth: Int) throws(GrammarError) -> GrammarExpression {
    let properties = try keywords.members("properties")
    let required = try keywords.required()
    if let missing = required.first(where: { name in !properties.contains { Array($0.name.utf8) == name } }) {
      let name = String(decoding: missing, as: UTF8.self)
      throw .schema(keyword: "required", reason: "names \(name), which “properties” does not have")
    }
    guard !properties.isEmpty else {
      if keywords["additionalProperties"] == .bool(false) { return .text("{}") }
      guard let schema = keywords["additionalProperties"] else { return .rule("object") }
      return Self.object(of: newRule(try expression(of: schema, depth: depth + 1)))
    }
    // From the last property on: what may follow where nothing stands before, and where something does.
    var first = GrammarExpression.sequence([])
    var later = first
    for property in properties.reversed() {
      let name = OrderedJSON.quoted(property.name)
      let value = try expression(of: property.value, depth: depth + 1)
      let rest = newRule(later)
      let member = newRule(.sequence([.text(name + ":"), Self.space, value, rest]))
      let next = GrammarExpression.sequence([Self.comma, member])
      if required.contains(Array(property.name.utf8)) {
        (first, later) = (member, next)
      } else {
        (first, later) = (.choice([member, newRule(first)]), .choice([next, rest]))
      }
    }
    return .sequence([.text("{"), first, .text("}")])
  }

  /// A rule of its own, so that what is used twice is written once.
  private mutating func newRule(_ expression: GrammarExpression) -> GrammarExpression {
    let name = "#\(expressions.count)"
    expressions[name] = expression
    return .rule(name)
  }

  // MARK: References

  private mutating func rule(of reference: OrderedJSON) throws(GrammarError) -> String {
    guard case .string(let path) = reference, path.hasPrefix("#") else {
      throw .schema(keyword: "$ref", reason: "is no path within the schema, such as #/$defs/name")
    }
    if let name = references[path] { return name }
    var target = schema
    for part in path.dropFirst().split(separator: "/") {
      let name = String(part.replacing("~1", with: "/").replacing("~0", with: "~"))
      guard let member = target[name] else {
        throw .schema(keyword: "$ref", reason: "names \(path), which is not there")
      }
      target = member
    }
    let name = "$ref \(path)"
    references[path] = name
    waiting.append((name, target))
    return name
  }
}

/// The members of a schema.
private struct Keywords {
  private let members: [OrderedJSON.Member]

  init(_ members: [OrderedJSON.Member]) { self.members = members }

  /// Stands for any type; no type is called that.
  static let anyType = "#any"

  subscript(name: String) -> OrderedJSON? { OrderedJSON.object(members)[name] }

  /// Refuses values that are of none of the types named beside them.
  func checkTypes(of values: [OrderedJSON], keyword: String) throws(GrammarError) {
    guard self["type"] != nil else { return }
    let types = try types()
    guard let wrong = values.first(where: { value in !types.contains { value.isOfType($0) } }) else { return }
    throw .schema(keyword: keyword, reason: "has \(wrong.text.prefix(40)), which is not of the type beside it")
  }

  /// Refuses what is neither allowed nor a mere description.
  func check(allowing names: Set<String>) throws(GrammarError) {
    guard
      let other = members.first(where: { !names.contains($0.name) && !JSONSchemaGrammar.isDescription($0.name) })
    else { return }
    throw .schema(keyword: other.name, reason: "is not supported here")
  }

  /// The types of values: those named, or the one that other keywords are about, or any.
  func types() throws(GrammarError) -> [String] {
    switch self["type"] {
    case .string(let type)?: return [type]
    case .array(let types)?:
      let names = types.compactMap { type -> String? in if case .string(let name) = type { name } else { nil } }
      guard names.count == types.count, !names.isEmpty else {
        throw .schema(keyword: "type", reason: "is no list of names")
      }
      return names
    case nil:
      if self["properties"] != nil { return ["object"] }
      if self["items"] != nil || self["prefixItems"] != nil { return ["array"] }
      return [Self.anyType]
    default: throw .schema(keyword: "type", reason: "is neither a name nor a list of names")
    }
  }

  func members(_ keyword: String) throws(GrammarError) -> [OrderedJSON.Member] {
    guard let value = self[keyword] else { return [] }
    guard case .object(let members) = value else { throw .schema(keyword: keyword, reason: "is no object") }
    // As bytes: Swift takes é for the same, whether it is one character or two.
    var names = Set<[UInt8]>()
    for member in members where !names.insert(Array(member.name.utf8)).inserted {
      throw .schema(keyword: keyword, reason: "has \(member.name) twice")
    }
    return members
  }

  /// Names as bytes.
  func required() throws(GrammarError) -> Set<[UInt8]> {
    guard let value = self["required"] else { return [] }
    guard case .array(let items) = value else { throw .schema(keyword: "required", reason: "is no list of names") }
    let names = items.compactMap { item -> String? in if case .string(let name) = item { name } else { nil } }
    guard names.count == items.count else { throw .schema(keyword: "required", reason: "is no list of names") }
    return Set(names.map { Array($0.utf8) })
  }

  func number(_ keyword: String) throws(GrammarError) -> Double? {
    guard let value = self[keyword] else { return nil }
    guard case .number(let digits) = value, let number = Double(digits), number.isFinite else {
      throw .schema(keyword: keyword, reason: "is no number")
    }
    return number
  }

  func bounds(_ least: String, _ most: String, limit: Int) throws(GrammarError) -> (least: Int, most: Int?) {
    func whole(_ keyword: String) throws(GrammarError) -> Int? {
      guard let number = try number(keyword) else { return nil }
      guard let whole = Int(exactly: number), (0...limit).contains(whole) else {
        throw .schema(keyword: keyword, reason: "is no whole number from 0 to \(limit)")
      }
      return whole
    }
    let (low, high) = (try whole(least) ?? 0, try whole(most))
    if let high, high < low { throw .schema(keyword: most, reason: "is below “\(least)”") }
    return (low, high)
  }
}

extension JSONSchemaGrammar {
  /// Whether a keyword says nothing about what is valid.
  fileprivate static func isDescription(_ name: String) -> Bool { described.contains(name) }
}
