// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Each source file says under which licence it may be used, in the form that licence scanners read (spdx.dev).
@Suite("Licence headers")
struct LicenseHeaderTests {
  private static let root = Checkout.root

  /// The comment mark of each kind of file, by extension.
  private static let commentMark = [
    "swift": "//", "c": "//", "h": "//", "modulemap": "//", "py": "#", "sh": "#",
  ]

  @Test("Every source file begins with the SPDX line", arguments: ["Sources", "Tests", "Models"])
  func everyFileHasTheLine(folder: String) throws {
    let files = try Self.sourceFiles(under: folder)
    #expect(!files.isEmpty)
    for file in files {
      let mark = try #require(Self.commentMark[file.pathExtension])
      #expect(
        try Self.header(of: file) == "\(mark) SPDX-License-Identifier: Apache-2.0",
        "\(file.path) has another first line")
    }
  }

  @Test("The scripts of the checks and the settings of editors have the SPDX line")
  func filesWithoutKind() throws {
    let folder = Self.root.appending(path: ".ci")
    let scripts = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(scripts.contains("run"))
    for file in scripts.map({ folder.appending(path: $0) }) + [Self.root.appending(path: ".editorconfig")] {
      #expect(
        try Self.header(of: file) == "# SPDX-License-Identifier: Apache-2.0", "\(file.path) has another first line")
    }
  }

  @Test("The manifest has the SPDX line after its tools version")
  func manifest() throws {
    let lines = try String(contentsOf: Self.root.appending(path: "Package.swift"), encoding: .utf8).split(
      separator: "\n")
    #expect(lines.first?.hasPrefix("// swift-tools-version") == true)
    #expect(lines.dropFirst().first == "// SPDX-License-Identifier: Apache-2.0")
  }

  private static func sourceFiles(under folder: String) throws -> [URL] {
    let top = root.appending(path: folder)
    let names = FileManager.default.enumerator(atPath: top.path)?.compactMap { $0 as? String } ?? []
    return names.map { top.appending(path: $0) }.filter { commentMark[$0.pathExtension] != nil }
  }

  /// The first line, or the second where the first names an interpreter.
  private static func header(of file: URL) throws -> Substring? {
    let lines = try String(contentsOf: file, encoding: .utf8).split(
      separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
    return lines.first?.hasPrefix("#!") == true ? lines.dropFirst().first : lines.first
  }
}
