// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Which options the manual page and the completions in Assets have, command by command.
struct DocumentedOptions {
  private let manual: String
  private let bash: String
  private let zsh: String
  private let fish: [Substring]

  /// Reads the files.
  init() throws {
    func text(_ name: String) throws -> String {
      try String(contentsOf: Program.checkout.appending(path: "Assets").appending(path: name), encoding: .utf8)
    }
    manual = try text("edgeassist.1")
    bash = try text("completions/edgeassist.bash")
    zsh = try text("completions/edgeassist.zsh")
    fish = try text("completions/edgeassist.fish").split(separator: "\n")
  }

  /// Each place where an option should be, and whether it is.
  ///
  /// - Parameter option: the long name, without the dashes.
  func places(of command: CommandDump, option: String) -> [(place: String, has: Bool)] {
    let title = (["edgeassist"] + command.path).joined(separator: " ")
    let function = "\n_" + title.replacing(" ", with: "_") + "() {"
    // The lists that offer options, without the texts about options.
    let offers = section(of: bash, from: function, to: "\n}\n").split(separator: "\n")
      .filter { $0.contains("flags=(") || $0.contains("options=(") }
      .flatMap { $0.split { " ()".contains($0) } }
    let specifications = section(of: zsh, from: function, to: "\n}\n")
    var places = [
      ("edgeassist.bash", offers.contains("--\(option)")),
      ("edgeassist.zsh", ["[", "}", ","].contains { specifications.contains("--\(option)\($0)") }),
      ("edgeassist.fish", fish.contains { $0.contains("\"\(title)\"") && $0.contains(" -l '\(option)'") }),
    ]
    // The page has these once, at the root.
    if command.path.isEmpty || !["help", "version"].contains(option) {
      places.append(("edgeassist.1", manualHas(option, of: command)))
    }
    return places.map { (place: $0.0, has: $0.1) }
  }

  private func manualHas(_ option: String, of command: CommandDump) -> Bool {
    let title = command.path.isEmpty ? ".SH OPTIONS" : ".SS edgeassist \(command.path.joined(separator: " "))"
    let end = command.path.isEmpty ? "\n.SH " : "\n.S"
    let label = #"\fB\-\-\#(option.replacing("-", with: #"\-"#))\fR"#
    // The name at the head of an entry, not in the text of another.
    let entries = section(of: manual, from: "\n\(title)\n", to: end).components(separatedBy: "\n.TP\n").dropFirst()
    return entries.contains { $0.prefix { $0 != "\n" }.contains(label) }
  }

  /// The text between two others; empty without the first.
  private func section(of text: String, from start: String, to end: String) -> Substring {
    guard let first = text.range(of: start) else { return "" }
    let rest = text[first.upperBound...]
    return rest[..<(rest.range(of: end)?.lowerBound ?? rest.endIndex)]
  }
}
