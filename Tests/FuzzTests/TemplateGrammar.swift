// SPDX-License-Identifier: Apache-2.0

import TestSupport

/// Makes chat templates that can mostly be read, of the pieces with which a hostile one would work: long texts and
/// lists, numbers at the end of their range, loops in loops, macros that call each other, all functions on all kinds
/// of values.
struct TemplateGrammar {
  private var generator: SplitMix64

  init(seed: UInt64) { generator = SplitMix64(seed: seed) }

  private static let names = ["a", "b", "t", "l", "n", "d", "ns", "x", "y", "messages", "loop", "nothing"]
  private static let numbers = [
    "0", "1", "2", "-1", "7", "63", "9223372036854775807", "(-9223372036854775807 - 1)", "4611686018427387904",
  ]
  private static let texts = ["''", "'a'", "'ab'", "' a \\n'", "'\u{1F600}'", "'e\u{301}\u{302}'", "'\u{149}\u{FB03}'"]
  private static let operators = ["+", "-", "*", "//", "%", "~", "==", "!=", "<", ">", "<=", ">=", "in", "and", "or"]
  private static let filters = [
    "length", "count", "trim", "upper", "lower", "string", "safe", "list", "first", "last", "default('d')", "join",
    "join('-')", "join(b)", "selectattr('role')", "rejectattr('role', 'equalto', 'user')", "unknown", "trim(b)",
  ]
  private static let methods = [
    "strip()", "strip(b)", "strip(b ~ 'a')", "rstrip(b ~ 'a')", "split(b ~ 'a')", "split(a ~ 'b')", "lstrip(a)",
    "rstrip(b)", "upper()", "lower()", "startswith(a)", "endswith(a)", "split(b)",
    "split('a')", "get('role', b)", "role", "content", "unknown()",
  ]
  private static let tests = [
    "defined", "undefined", "none", "string", "number", "mapping", "iterable", "true", "false", "equalto(b)",
  ]

  /// A template: names with values of every kind, some of them long, then statements.
  mutating func template() -> String {
    var text = ""
    for name in ["a", "b"] {
      text += "{% set \(name) = \(chance(2) ? "" : "\(pick(Self.texts)) ~ ")'\(name)' %}"
      let doublings = chance(3) ? below(17) : 12 + below(4)
      text += String(repeating: "{% set \(name) = \(name) ~ \(name) %}", count: doublings)
      if chance(3) { text += "{% set \(name) = \(name) ~ 'z' %}" }
    }
    text += "{% set t = 'a' %}{% set n = \(pick(Self.numbers)) %}{% set l = [1, 'a', a, b] %}{% set d = {'role': a} %}"
    text += String(repeating: "{% set l = l + l %}", count: below(12))
    text += "{% set ns = namespace(v=l, w=a) %}"
    text += "{% macro m(x=\(expression(2)), y=b) %}\(statements(2)){% endmacro %}"
    text += statements(4)
    text += "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    text += chance(2) ? statements(2) : ""
    return text + "{% endfor %}<|im_start|>assistant\n"
  }

  // MARK: Choices

  private mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }
  private mutating func chance(_ one: Int) -> Bool { below(one) == 0 }
  private mutating func pick(_ from: [String]) -> String { from[below(from.count)] }

  // MARK: The grammar

  private mutating func statements(_ depth: Int) -> String {
    (0..<1 + below(5)).map { _ in statement(depth) }.joined()
  }

  private mutating func statement(_ depth: Int) -> String {
    guard depth > 0 else { return "{% set r = \(expression(2)) %}" }
    switch below(9) {
    case 0: return "{{ \(expression(3)) }}"
    case 1: return "{% if \(expression(3)) %}\(statements(depth - 1)){% else %}\(statements(depth - 1)){% endif %}"
    case 2:
      return "{% for \(chance(4) ? "x, y" : "x") in \(expression(2)) \(chance(3) ? "if \(expression(2))" : "") %}"
        + statements(depth - 1) + (chance(4) ? "{% else %}\(statements(depth - 1))" : "") + "{% endfor %}"
    case 3: return "{% set \(pick(Self.names)) = \(expression(3)) %}"
    case 4: return "{% set ns.v = \(expression(3)) %}"
    case 5: return "{% set t %}\(statements(depth - 1)){% endset %}"
    case 6: return String(repeating: "{% set r = \(expression(2)) %}", count: 1 + below(40))
    case 7: return "{{ m(\(expression(2)), \(chance(2) ? "y=" : "")\(expression(2))) }}"
    default: return "text \(below(1000))\n"
    }
  }

  private mutating func expression(_ depth: Int) -> String {
    guard depth > 0 else { return [pick(Self.names), pick(Self.numbers), pick(Self.texts), "ns.v", "ns.w"][below(5)] }
    let inner = depth - 1
    switch below(12) {
    case 0, 1: return "(\(expression(inner)) \(pick(Self.operators)) \(expression(inner)))"
    case 2: return "\(pick(Self.names)).\(pick(Self.methods))"
    case 3: return chance(3) ? "((b ~ 'a') in a)" : "a.\(pick(Self.methods))"
    case 4: return "(\(expression(inner)) | \(pick(Self.filters)))"
    case 5: return "(\(expression(inner)) is \(chance(3) ? "not " : "")\(pick(Self.tests)))"
    case 6: return "\(pick(Self.names))[\(expression(inner))]"
    case 7:
      let ends = [chance(2) ? expression(inner) : "", chance(2) ? expression(inner) : ""]
      return "\(pick(Self.names))[\(ends[0]):\(ends[1])\(chance(3) ? ":-1" : "")]"
    case 8: return "[\(expression(inner)), \(expression(inner))]"
    case 9: return "{\(expression(inner)): \(expression(inner))}"
    case 10: return chance(2) ? "(not \(expression(inner)))" : "(-\(expression(inner)))"
    default: return chance(3) ? "m(\(expression(inner)))" : "(a if \(expression(inner)) else \(expression(inner)))"
    }
  }
}
