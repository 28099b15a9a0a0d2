// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// Promises of the documents about themselves.
@Suite("Documents")
struct DocumentTests {
  private static let root = Checkout.root

  @Test("The README is read in ten minutes: 150 lines at most")
  func readmeIsShort() throws {
    let text = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 151)
  }

  @Test("Every link of a document to a file of the repository leads somewhere", arguments: documents())
  func linksResolve(document: String) throws {
    let file = Self.root.appending(path: document)
    let text = try String(contentsOf: file, encoding: .utf8)
    for match in text.matches(of: /\]\(([^)#\s]+)/) where !match.1.contains("://") {
      let target = file.deletingLastPathComponent().appending(path: String(match.1))
      #expect(FileManager.default.fileExists(atPath: target.path), "\(document) links to \(match.1)")
    }
  }

  /// The Markdown files of the folders that are under version control.
  private static func documents() -> [String] {
    var found = ["README.md"]
    for folder in [".github", "Assets", "Models", "Sources", "Tests"] {
      let names =
        FileManager.default.enumerator(atPath: root.appending(path: folder).path)?
        .compactMap { $0 as? String } ?? []
      found += names.filter { $0.hasSuffix(".md") && !$0.contains(".venv/") }.sorted().map { "\(folder)/\($0)" }
    }
    return found
  }
}
