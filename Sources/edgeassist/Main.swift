// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dispatch
import Foundation
import Platform

@main
enum Main {
  /// Not asynchronous itself: what comes first must come before the runtime makes its threads.
  static func main() {
    StandardStreamChecks.openClosed()
    StandardStreamChecks.ignoreWriteSignals()
    guard StandardStreamChecks.hasEnoughDescriptors() else {
      exit(StartFailure.report("too few files may be open at a time; raise the limit: ulimit -n 256").rawValue)
    }
    guard canStartThreads(fewestThreads) else {
      exit(StartFailure.report(ThreadError().description).rawValue)
    }
    Task {
      await run()
      exit(ExitCode.success.rawValue)
    }
    dispatchMain()
  }

  /// Threads that the runtime and every command need, besides the compute threads. A run can do with fewer compute
  /// threads. Without its own threads the runtime would wait for ever, or end the program without a word.
  private static var fewestThreads: Int { 12 + ProcessInfo.processInfo.activeProcessorCount }

  private static func run() async {
    let typed = Array(CommandLine.arguments.dropFirst())
    if let first = typed.first, SubcommandRoot.contains(first) {
      do { try await start(SubcommandRoot.asyncParseAsRoot(typed)) } catch { end(with: error, of: SubcommandRoot.self) }
      return
    }
    do {
      let arguments = try SettingsLayers.arguments(typed: typed, environment: ProcessInfo.processInfo.environment)
      let command = try await RootCommand.asyncParseAsRoot(arguments)
      if let name = type(of: command).configuration.commandName, SubcommandRoot.contains(name) {
        throw ValidationError("the subcommand comes before its options: edgeassist \(name) …")
      }
      try await start(command)
    } catch let error as SettingsError {
      StandardStreams.report(error.message)
      end(with: ExitCode.validationFailure, of: RootCommand.self)
    } catch {
      end(with: error, of: RootCommand.self)
    }
  }

  private static func start(_ command: any ParsableCommand) async throws {
    var command = command
    if var asynchronous = command as? any AsyncParsableCommand {
      try await asynchronous.run()
    } else {
      try command.run()
    }
  }

  /// Ends the program as the parser would, with the parser's words and status, by way of the streams that are watched.
  private static func end(with error: any Error, of root: any ParsableCommand.Type) -> Never {
    let text = root.fullMessage(for: error)
    var status = root.exitCode(for: error)
    if status == .success {
      if !text.isEmpty { do { try StandardStreams.write(text) } catch { status = error } }
    } else if !text.isEmpty {
      StandardStreams.writeError(text)
    }
    exit(status.rawValue)
  }
}
