// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite("Lengths of files")
struct FileLengthTests {
  private static let root = Checkout.root

  @Test("No file has more than 400 lines of code")
  func filesAreShort() throws {
    for (folder, least) in [("Sources", 300), ("Tests", 200), ("Models", 30)] {
      let path = Self.root.appending(path: folder).path
      let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
      let sources = names.filter { ["swift", "c", "h", "inc", "py", "sh"].contains(($0 as NSString).pathExtension) }
      #expect(sources.count > least, "the sources were not found")
      for name in sources {
        let text = try String(contentsOfFile: path + "/" + name, encoding: .utf8)
        #expect(text.utf8.count { $0 == UInt8(ascii: "\n") } <= 400, "\(folder)/\(name)")
      }
    }
  }
}
