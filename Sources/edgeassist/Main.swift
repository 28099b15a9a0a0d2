// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation

@main
enum Main {
  static func main() async {
    StandardStreams.openClosed()
    let typed = Array(CommandLine.arguments.dropFirst())
    if let first = typed.first, Subcommands.contains(first) { return await Subcommands.main(typed) }
    do {
      let arguments = try SettingsLayers.arguments(typed: typed, environment: ProcessInfo.processInfo.environment)
      try await run(EdgeAssist.asyncParseAsRoot(arguments))
    } catch let error as SettingsError {
      StandardStreams.report(error.message)
      EdgeAssist.exit(withError: ExitCode.validationFailure)
    } catch {
      EdgeAssist.exit(withError: error)
    }
  }

  private static func run(_ command: any ParsableCommand) async throws {
    var command = command
    if let name = type(of: command).configuration.commandName, Subcommands.contains(name) {
      throw ValidationError("the subcommand comes before its options: edgeassist \(name) …")
    }
    if var asynchronous = command as? any AsyncParsableCommand {
      try await asynchronous.run()
    } else {
      try command.run()
    }
  }
}
