// SPDX-License-Identifier: Apache-2.0

import Foundation
import Records
import TestSupport
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

  @Test("No other call of the decoder reads text from outside")
  func onePlace() throws {
    let folder = URL(filePath: Checkout.path("Sources"))
    let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    let sources = names.filter { $0.hasSuffix(".swift") && !$0.hasSuffix("UntrustedJSON.swift") }
    #expect(sources.count > 100)
    for name in sources {
      let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
      for line in text.split(separator: "\n")
      where line.contains("ecoder().decode(") || line.contains("decoder.decode(") {
        #expect(line.contains("fromUntrusted:"), "\(name): \(line)")
      }
    }
  }
}
