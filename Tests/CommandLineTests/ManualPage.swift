// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The manual page of the program, made from the parser's description of its commands.
struct ManualPage {
  private let root: CommandDump
  private let version: String
  private var lines: [String] = []

  init(_ root: CommandDump, version: String) {
    self.root = root
    self.version = version
    addHead()
    addDescription(of: root)
    lines.append(".SH OPTIONS")
    addArguments(of: root)
    lines.append(".SH SUBCOMMANDS")
    for command in root.all.dropFirst() { addSubcommand(command) }
    lines += Self.end
  }

  /// The page in roff, with the macros of man(7).
  var text: String { lines.joined(separator: "\n") + "\n" }

  private mutating func addHead() {
    let name = root.commandName
    lines += [
      #".\" -*- mode: troff; coding: utf-8 -*-"#,
      #".\" Made from the parser: see Tests/CommandLineTests/AssetTests.swift."#,
      #".TH \#(name.uppercased()) 1 "" "\#(name) \#(version)" """#,
      ".SH NAME", #"\#(name) \- \#(Self.sentenceAsTitle(root.abstract ?? ""))"#,
      ".SH SYNOPSIS", ".B \(name)", #"[\fIoptions\fR]"#, ".br", ".B \(name)", #"\fIsubcommand\fR [\fIoptions\fR]"#,
      ".SH DESCRIPTION",
    ]
  }

  /// Examples, which begin with the program's name, are set as they are; the rest is set in paragraphs.
  private mutating func addDescription(of command: CommandDump) {
    var isExample = false
    for line in (command.discussion ?? "").split(separator: "\n", omittingEmptySubsequences: false) {
      let startsExample = line.hasPrefix(root.commandName + " ")
      if startsExample && !isExample { lines += [".PP", ".nf"] }
      if !startsExample && isExample { lines += [".fi"] }
      isExample = startsExample
      lines.append(line.isEmpty ? ".PP" : Self.escaped(String(line)))
    }
    if isExample { lines.append(".fi") }
  }

  private mutating func addSubcommand(_ command: CommandDump) {
    lines.append(".SS \(root.commandName) \(command.path.joined(separator: " "))")
    lines.append(Self.escaped(command.abstract ?? ""))
    lines += [".PP", ".B \(root.commandName) \(command.path.joined(separator: " "))", synopsis(of: command), ".PP"]
    addDescription(of: command)
    addArguments(of: command)
  }

  /// Positional and required arguments; all others are `[options]`.
  private func synopsis(of command: CommandDump) -> String {
    var words = [#"[\fIoptions\fR]"#]
    for argument in command.arguments ?? [] {
      let value = #"\fI\#(argument.valueName ?? "value")\fR"#
      if argument.kind == "positional" {
        let name = value + (argument.isRepeating ? " ..." : "")
        words.append(argument.isOptional ? "[\(name)]" : name)
      } else if !argument.isOptional, let name = argument.longName {
        words.append(#"\fB\-\-\#(Self.escaped(name))\fR "# + value)
      }
    }
    return words.joined(separator: " ")
  }

  /// Positional arguments, then options in their sections, those without a section last. `--no-` forms are set beside
  /// their positive forms.
  private mutating func addArguments(of command: CommandDump) {
    let isRoot = command.superCommands == nil
    let arguments = (command.arguments ?? []).filter { argument in
      let name = argument.longName ?? ""
      if !isRoot && ["version", "help"].contains(name) { return false }
      return !name.hasPrefix("no-")
    }
    let negatable = Set((command.arguments ?? []).compactMap(\.longName).filter { $0.hasPrefix("no-") })
    addList(arguments.filter { $0.kind == "positional" }, negatable: negatable)
    let options = arguments.filter { $0.kind != "positional" }
    var sections: [String?] = []
    for option in options where !sections.contains(option.sectionTitle) { sections.append(option.sectionTitle) }
    for section in sections.filter({ $0 != nil }) + sections.filter({ $0 == nil }) {
      let title = section ?? "Other"
      if isRoot { lines.append(".SS " + title) } else if sections != [nil] { lines += [".PP", title + ":"] }
      addList(options.filter { $0.sectionTitle == section }, negatable: negatable)
    }
  }

  private mutating func addList(_ arguments: [CommandDump.Argument], negatable: Set<String>) {
    for argument in arguments {
      lines += [".TP", label(of: argument, negatable: negatable), text(of: argument)]
    }
  }

  private func label(of argument: CommandDump.Argument, negatable: Set<String>) -> String {
    let value = #"\fI\#(argument.valueName ?? "value")\fR"#
    guard let name = argument.longName else { return value }
    let short = argument.names?.first { $0.kind == "short" }.map { #"\fB\-\#($0.name)\fR, "# } ?? ""
    var label = short + #"\fB\-\-\#(Self.escaped(name))\fR"#
    if argument.kind == "option" { label += " " + value }
    if negatable.contains("no-" + name) { label += #", \fB\-\-no\-\#(Self.escaped(name))\fR"# }
    return label
  }

  private func text(of argument: CommandDump.Argument) -> String {
    var notes: [String] = []
    if let values = argument.allValues { notes.append("values: " + values.joined(separator: ", ")) }
    if let value = argument.defaultValue, argument.kind == "option" { notes.append("default: " + value) }
    let end = notes.isEmpty ? "" : " (" + notes.joined(separator: "; ") + ")"
    return Self.escaped((argument.abstract ?? "") + end)
  }

  /// A sentence without its capital and its full stop, as the NAME section has it.
  private static func sentenceAsTitle(_ text: String) -> String {
    escaped(text.prefix(1).lowercased() + (text.hasSuffix(".") ? text.dropFirst().dropLast() : text.dropFirst()))
  }

  private static func escaped(_ text: String) -> String {
    var escaped = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    // Code is bold.
    escaped = escaped.replacing(/`([^`]*)`/) { #"\fB\#($0.1)\fR"# }
    // A line that begins with these would be a request.
    return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
  }

  /// The last sections: files, environment and exit status. The parser has no text for them.
  private static let end = [
    ".SH FILES", ".TP", #"\fI~/.config/edgeassist/config.toml\fR"#,
    "Settings: one key for each option, such as", #"\fBkv\-budget = 2048\fR"#,
    #"or \fBmlock = true\fR. An option that may be repeated takes an array."#,
    ".TP", #"\fI~/.cache/edgeassist/models\fR"#, "Models that have been downloaded.",
    ".SH ENVIRONMENT", ".TP", #"\fBEDGEASSIST_\fIOPTION\fR"#,
    #"The value of an option, such as \fBEDGEASSIST_KV_BUDGET\fR for \fB\-\-kv\-budget\fR."#,
    "For a flag, 1 or 0.",
    ".TP", #"\fBEDGEASSIST_CONFIG\fR"#, "The settings file.",
    ".TP", #"\fBEDGEASSIST_HOME\fR"#, #"The folder that holds the program's \fIModels\fR and \fIAssets\fR."#,
    ".TP", #"\fBHF_TOKEN\fR, \fBHF_ENDPOINT\fR, \fBHF_HUB_OFFLINE\fR"#,
    """
    The token for the Hugging Face hub, the address of another one, and whether it may not be asked, for models of \
    the hub.
    """,
    ".TP", #"\fBHF_TOKEN_PATH\fR, \fBHF_HOME\fR"#,
    #"The file that holds the token, else \fItoken\fR in the folder of Hugging Face's tools."#,
    ".TP", #"\fBXDG_CONFIG_HOME\fR"#,
    #"The folder that holds \fIedgeassist/config.toml\fR, in place of \fI~/.config\fR."#,
    ".TP", #"\fBXDG_CACHE_HOME\fR"#, #"The folder that holds \fIedgeassist/models\fR, in place of \fI~/.cache\fR."#,
    ".TP", #"\fBNO_COLOR\fR"#, "If it is not empty, nothing is coloured.",
    ".TP", #"\fBCOLUMNS\fR"#, "The width of reports, in characters.",
    ".SH EXIT STATUS", ".TP", "0", "Success.", ".TP", "1", "Some requests or tasks of a batch failed.",
    ".TP", "2", "The program could not start, or could not write its output.",
    ".TP", "64", "Wrong usage or wrong settings.",
    ".TP", "130", "The run was interrupted.",
  ]
}
