// SPDX-License-Identifier: Apache-2.0

import Foundation
import Records
import Testing

@Suite("JSON of others")
struct UntrustedJSONTests {
  @Test("Text that ends within brackets is an error at any depth", arguments: ["[", "{\"a\":", "[{\"a\":"])
  func depth(opening: String) {
    for count in [1, 255, 256, 257, 511, 512, 513, 514, 2000] {
      for last in ["", "[", "{"] {
        let text = String(repeating: opening, count: count) + last
        #expect(throws: DecodingError.self) {
          try JSONDecoder().decode([String].self, fromUntrusted: Data(text.utf8))
        }
      }
    }
  }

  @Test("Sound text is decoded")
  func sound() throws {
    #expect(try JSONDecoder().decode([String: Int].self, fromUntrusted: Data(#"{"a":1}"#.utf8)) == ["a": 1])
  }
}
