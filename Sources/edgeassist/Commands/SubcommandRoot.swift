// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The root of command lines that begin with a subcommand.
///
/// It has no options of its own. The parser lets a root take its options from the whole command line, so that with
/// `RootCommand` as the root, `edgeassist inspect FILE --kv-budget 9` would set the root's budget and not `inspect`'s.
struct SubcommandRoot: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: RootCommand.configuration.commandName, version: RootCommand.configuration.version, subcommands: all)

  static let all: [any ParsableCommand.Type] = [
    InspectCommand.self, QuantizeCommand.self, WatchCommand.self, CodeCommand.self, EvalCommand.self,
    ProfileCommand.self, CompareCommand.self, BenchCommand.self, AutotuneCommand.self, DoctorCommand.self,
    PullCommand.self, ModelsCommand.self, MergeCommand.self,
  ]

  /// Whether a word of the command line names a subcommand.
  static func contains(_ word: String) -> Bool { all.contains { $0.configuration.commandName == word } }
}
