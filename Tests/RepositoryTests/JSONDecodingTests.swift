// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Foundation's decoder ends the program on some texts; Sources/Records/UntrustedJSON.swift says which.
@Suite("JSON decoding")
struct JSONDecodingTests {
  @Test("All JSON is decoded through the call that cannot end the program")
  func onePlace() throws {
    let folder = Checkout.root
      .appending(path: "Sources")
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
