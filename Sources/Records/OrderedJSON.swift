// SPDX-License-Identifier: Apache-2.0

import Foundation

/// JSON whose objects keep the order of their members, so that people can read the lines.
package enum OrderedJSON: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByDictionaryLiteral
{
  case null
  case bool(Bool)
  case integer(Int)
  /// Written with three decimals at most.
  case number(Double)
  case string(String)
  case array([OrderedJSON])
  case object([(String, OrderedJSON)])

  /// A string.
  package init(stringLiteral value: String) { self = .string(value) }
  /// A whole number.
  package init(integerLiteral value: Int) { self = .integer(value) }
  /// An object with its members in the order of the source.
  package init(dictionaryLiteral elements: (String, OrderedJSON)...) { self = .object(elements) }

  /// A string, or null for nil.
  package static func optional(_ text: String?) -> OrderedJSON { text.map { .string($0) } ?? .null }

  /// One line, without line breaks.
  package var text: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .number(let value): Self.text(of: value)
    case .string(let value): Self.quoted(value)
    case .array(let elements): "[" + elements.map(\.text).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.map { Self.quoted($0.0) + ":" + $0.1.text }.joined(separator: ",") + "}"
    }
  }

  private static func text(of value: Double) -> String {
    guard value.isFinite else { return "null" }
    let rounded = (value * 1000).rounded() / 1000
    // A thousand times a very large number is no number; it has no decimals either.
    return "\(rounded.isFinite ? rounded : value)"
  }

  private static func quoted(_ text: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    // A string alone always encodes.
    return (try? encoder.encode(text)).map { escapingInvisible(json: String(decoding: $0, as: UTF8.self)) } ?? "\"\""
  }
}
