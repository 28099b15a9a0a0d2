// SPDX-License-Identifier: Apache-2.0

import Foundation

extension JSONDecoder {
  /// Decodes JSON that a file, a request or a server holds.
  ///
  /// Foundation's decoder ends the program on text that ends with the 513th open bracket: it looks for the place of the
  /// error behind the text. With a space behind the text it throws.
  ///
  /// - Throws: `DecodingError`.
  package func decode<Value: Decodable>(_ type: Value.Type, fromUntrusted data: Data) throws -> Value {
    try decode(type, from: data + Data([0x20]))
  }
}
