// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A command as the parser describes it: what `--experimental-dump-help` prints.
struct CommandDump: Decodable {
  var commandName: String
  var superCommands: [String]?
  var abstract: String?
  var discussion: String?
  var subcommands: [CommandDump]?
  var arguments: [Argument]?

  struct Argument: Decodable {
    /// `positional`, `option` or `flag`.
    var kind: String
    var isOptional: Bool
    var isRepeating: Bool
    var names: [Name]?
    var valueName: String?
    var defaultValue: String?
    var allValues: [String]?
    var sectionTitle: String?
    var abstract: String?

    /// The long name, without the dashes; nil for a positional argument.
    var longName: String? { names?.first { $0.kind == "long" }?.name }
  }

  struct Name: Decodable {
    var kind: String
    var name: String
  }

  /// The words after the program's name that call the command.
  var path: [String] { superCommands == nil ? [] : (superCommands ?? []).dropFirst() + [commandName] }

  /// The command and all its subcommands, without the parser's own `help`.
  var all: [CommandDump] { [self] + (subcommands ?? []).filter { $0.commandName != "help" }.flatMap(\.all) }

  /// Asks the program.
  static func ofProgram() async throws -> CommandDump {
    struct Dump: Decodable {
      var command: CommandDump
    }
    let run = try await Program.run(["--experimental-dump-help"])
    return try JSONDecoder().decode(Dump.self, from: Data(run.output.utf8)).command
  }
}
