// SPDX-License-Identifier: Apache-2.0

/// The value of an expression in a template.
enum JinjaValue {
  /// A name that stands for nothing, or a member that is not there.
  case undefined
  case none
  case boolean(Bool)
  case integer(Int)
  case string(String)
  case list([JinjaValue])
  case map([JinjaKey: JinjaValue])
  case namespace(JinjaNamespace)
  case macro(JinjaMacro)

  /// As Python holds things true or false.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .boolean(let flag): flag
    case .integer(let number): number != 0
    case .string(let text): !text.isEmpty
    case .list(let items): !items.isEmpty
    case .map(let members): !members.isEmpty
    case .namespace, .macro: true
    }
  }

  /// The text that the value adds to the output; nil for what has no business there.
  var text: String? {
    switch self {
    case .undefined: ""
    case .none: "None"
    case .boolean(let flag): flag ? "True" : "False"
    case .integer(let number): String(number)
    case .string(let text): text
    case .list, .map, .namespace, .macro: nil
    }
  }

  /// Bytes of a string, 0 of anything else: what it costs to read.
  var byteCount: Int { if case .string(let text) = self { text.utf8.count } else { 0 } }

  /// Equality of what is no container.
  func isEqual(to other: JinjaValue) -> Bool {
    switch (self, other) {
    case (.undefined, .undefined), (.none, .none): true
    case (.boolean(let left), .boolean(let right)): left == right
    case (.integer(let left), .integer(let right)): left == right
    case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
    default: false
    }
  }
}

/// The name of a member. Names are equal if their bytes are, as in Python; Swift's strings would be held equal for
/// their looks, at a cost that grows with the square of a run of accents.
struct JinjaKey: Hashable, Comparable, ExpressibleByStringLiteral {
  let text: String

  init(_ text: String) { self.text = text }
  init(stringLiteral text: String) { self.text = text }

  static func == (left: JinjaKey, right: JinjaKey) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }
  static func < (left: JinjaKey, right: JinjaKey) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }

  func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}

/// The result of `namespace()`: members that can be set from within a loop.
final class JinjaNamespace {
  var members: [JinjaKey: JinjaValue]

  init(_ members: [JinjaKey: JinjaValue]) { self.members = members }
}

/// A macro and what it was declared with.
struct JinjaMacro {
  let parameters: [(name: String, standard: JinjaExpression?)]
  let body: [JinjaStatement]
}

/// Why a template cannot be read or does not render.
struct JinjaError: Error {
  /// In words, without a full stop.
  let message: String

  init(_ message: String) { self.message = message }
}
