// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The manual page and the shell completions in Assets are made from the parser.
///
/// To make them again after options have changed: `UPDATE_ASSETS=1 swift test --filter AssetTests`.
@Suite("Assets made from the parser")
struct AssetTests {
  private func check(_ name: String, _ text: String) throws {
    let file = Program.checkout.appending(path: "Assets").appending(path: name)
    if ProcessInfo.processInfo.environment["UPDATE_ASSETS"] == "1" {
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    let found = try String(contentsOf: file, encoding: .utf8)
    #expect(found == text, "\(file.path) is not current: UPDATE_ASSETS=1 swift test --filter AssetTests")
  }

  @Test("The manual page is current")
  func manualPage() async throws {
    let version = try await Program.run(["--version"]).output.trimmingCharacters(in: .whitespacesAndNewlines)
    let page = ManualPage(try await CommandDump.ofProgram(), version: version).text
    for word in ["kv\\-budget", "edgeassist inspect", "mmproj"] { #expect(page.contains(word), "\(word)") }
    try check("edgeassist.1", page)
  }

  @Test("The completions are current", arguments: ["bash", "zsh", "fish"])
  func completions(shell: String) async throws {
    let run = try await Program.run(["--generate-completion-script", shell])
    #expect(run.status == 0 && run.output.contains("kv-budget"))
    try check("completions/edgeassist.\(shell)", run.output)
  }
}
