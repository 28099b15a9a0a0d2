// SPDX-License-Identifier: Apache-2.0

import Foundation

/// JSON of records and reports: one line, keys in snake_case and in alphabetical order, nil left out.
package enum SnakeCaseJSON {
  /// Stands for a number that JSON does not have, until it becomes null. No other string is the same.
  private static let notFinite = UUID().uuidString

  /// The JSON text of a value. A number that is not finite is null.
  package static func text(of value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: notFinite, negativeInfinity: notFinite, nan: notFinite)
    guard let data = try? encoder.encode(value) else { return "{}" }
    return escapingInvisible(json: String(decoding: data, as: UTF8.self))
      .replacingOccurrences(of: "\"\(notFinite)\"", with: "null")
  }

  /// Reads what `text(of:)` wrote.
  ///
  /// - Throws: `DecodingError`.
  package static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, fromUntrusted: data)
  }
}
