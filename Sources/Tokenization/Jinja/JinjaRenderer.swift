// SPDX-License-Identifier: Apache-2.0

/// Runs a template's statements.
struct JinjaRenderer {
  private(set) var output = ""
  var meter: JinjaMeter
  /// Names, the innermost scope last.
  private var scopes: [[String: JinjaValue]]
  private var depth = 0
  private var containers = 0
  private var namespaces: [JinjaNamespace] = []

  private static let mostBytes = 1 << 17
  private static let mostContainers = 256
  /// Statements and expressions within each other, those of macros that are being called included.
  private static let mostDepth = 200

  init(_ context: [String: JinjaValue], meter: JinjaMeter) {
    scopes = [context]
    self.meter = meter
  }

  /// Lets go of what the template made; namespaces may hold each other.
  func release() {
    for namespace in namespaces { namespace.members = [:] }
  }

  mutating func render(_ statements: [JinjaStatement]) throws(JinjaError) {
    try descend()
    defer { ascend() }
    for statement in statements {
      try meter.charge(JinjaMeter.step)
      switch statement {
      case .text(let text):
        try write(text)
      case .output(let expression):
        guard let text = try evaluate(expression).text else {
          throw JinjaError("it would print a list or a mapping")
        }
        try write(text)
      case .branches(let branches):
        for branch in branches {
          let isTaken = if let condition = branch.condition { try evaluate(condition).isTrue } else { true }
          guard isTaken else { continue }
          try render(branch.body)
          break
        }
      case .loop(let loop):
        try run(loop)
      case .set(let name, nil, let expression):
        assign(name, try evaluate(expression))
      case .set(let name, let member?, let expression):
        guard case .namespace(let space) = try lookup(name) else { throw JinjaError("\(name) is not a namespace") }
        try meter.charge(JinjaMeter.member)
        space.members[JinjaKey(member)] = try evaluate(expression)
      case .capture(let name, let body):
        assign(name, .string(try captured { (renderer) throws(JinjaError) in try renderer.render(body) }))
      case .macro(let name, let macro):
        assign(name, .macro(macro))
      case .group(let body):
        try render(body)
      }
    }
  }

  private mutating func run(_ loop: JinjaLoop) throws(JinjaError) {
    var items = try elements(of: try evaluate(loop.items))
    if let filter = loop.filter {
      var kept: [JinjaValue] = []
      for item in items {
        scopes.append(try bindings(loop.names, item))
        defer { scopes.removeLast() }
        if try evaluate(filter).isTrue { kept.append(item) }
      }
      items = kept
    }
    if items.isEmpty { return try render(loop.otherwise) }
    for (index, item) in items.enumerated() {
      var scope = try bindings(loop.names, item)
      try meter.charge(9 * JinjaMeter.member)
      scope["loop"] = .map([
        "index": .integer(index + 1), "index0": .integer(index), "first": .boolean(index == 0),
        "last": .boolean(index == items.count - 1), "length": .integer(items.count),
        "revindex": .integer(items.count - index), "revindex0": .integer(items.count - index - 1),
        "previtem": index > 0 ? items[index - 1] : .undefined,
        "nextitem": index + 1 < items.count ? items[index + 1] : .undefined,
      ])
      scopes.append(scope)
      defer { scopes.removeLast() }
      try render(loop.body)
    }
  }

  private mutating func bindings(_ names: [String], _ item: JinjaValue) throws(JinjaError) -> [String: JinjaValue] {
    try meter.charge(names.count * JinjaMeter.member)
    if names.count == 1 { return [names[0]: item] }
    let parts = try elements(of: item)
    guard parts.count == names.count else { throw JinjaError("a loop has more names than its items have parts") }
    return Dictionary(zip(names, parts), uniquingKeysWith: { $1 })
  }

  mutating func elements(of value: JinjaValue) throws(JinjaError) -> [JinjaValue] {
    switch value {
    case .undefined: return []
    case .list(let items): return items
    case .map(let members):
      // Sorted: each key is compared with some others.
      try meter.charge(members.count * JinjaMeter.element)
      for key in members.keys { try meter.charge(16 * key.text.utf8.count) }
      return members.keys.sorted().map { .string($0.text) }
    case .string(let text):
      try meter.charge(text.utf8.count)
      try meter.charge(text.unicodeScalars.count * JinjaMeter.element)
      return text.unicodeScalars.map { .string(String($0)) }
    default: throw JinjaError("it loops over what is no list")
    }
  }

  // MARK: Names

  private mutating func assign(_ name: String, _ value: JinjaValue) { scopes[scopes.count - 1][name] = value }

  mutating func lookup(_ name: String) throws(JinjaError) -> JinjaValue {
    for scope in scopes.reversed() {
      try meter.charge(8 + name.utf8.count)
      if let value = scope[name] { return value }
    }
    return .undefined
  }

  mutating func makeNamespace(_ members: [String: JinjaValue]) throws(JinjaError) -> JinjaValue {
    try containerMade()
    let namespace = JinjaNamespace([:])
    for (name, value) in members { namespace.members[JinjaKey(name)] = value }
    namespaces.append(namespace)
    return .namespace(namespace)
  }

  /// Renders a macro's body, which sees its arguments and what is global.
  mutating func call(_ macro: JinjaMacro, _ arguments: [JinjaValue], named: [String: JinjaValue]) throws(JinjaError)
    -> JinjaValue
  {
    guard arguments.count <= macro.parameters.count else { throw JinjaError("a macro has too many arguments") }
    try meter.charge((named.count + macro.parameters.count) * JinjaMeter.member)
    var scope = named
    for (index, parameter) in macro.parameters.enumerated() {
      if index < arguments.count {
        scope[parameter.name] = arguments[index]
      } else if scope[parameter.name] == nil, let standard = parameter.standard {
        scope[parameter.name] = try evaluate(standard)
      }
    }
    let outer = scopes
    scopes = [scopes[0], scope]
    defer { scopes = outer }
    return .string(try captured { (renderer) throws(JinjaError) in try renderer.render(macro.body) })
  }

  // MARK: Bounds

  /// Goes into a statement or an expression. Each `descend` has its `ascend`, also when it throws.
  mutating func descend() throws(JinjaError) {
    guard depth < Self.mostDepth else {
      throw JinjaError("it nests too deeply, or its macros call each other without end")
    }
    depth += 1
  }

  mutating func ascend() { depth -= 1 }

  /// Counts the lists, mappings and namespaces that are made: what is within another cannot nest more deeply.
  mutating func containerMade() throws(JinjaError) {
    containers += 1
    guard containers <= Self.mostContainers else { throw JinjaError("it makes too many lists") }
  }

  /// The text, if it is not too long to go on with.
  func bounded(_ text: String) throws(JinjaError) -> String {
    try checkLength(text.utf8.count)
    return text
  }

  func checkLength(_ bytes: Int) throws(JinjaError) {
    guard bytes <= Self.mostBytes else { throw JinjaError("it makes more than 128 KiB of text") }
  }

  /// Two texts as one.
  mutating func joined(_ left: String, _ right: String) throws(JinjaError) -> String {
    let bytes = left.utf8.count + right.utf8.count
    try meter.charge(bytes)
    try checkLength(bytes)
    return left + right
  }

  private mutating func write(_ text: String) throws(JinjaError) {
    try meter.charge(text.utf8.count)
    try checkLength(output.utf8.count + text.utf8.count)
    output += text
  }

  private mutating func captured(
    _ body: (inout JinjaRenderer) throws(JinjaError) -> Void
  ) throws(JinjaError) -> String {
    let outer = output
    output = ""
    defer { output = outer }
    try body(&self)
    return output
  }
}
