// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation

/// The root command: with no subcommand named, the assistant itself.
struct EdgeAssist: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "edgeassist",
    abstract: "Watch a video stream for as long as you like, in a fixed amount of memory, and talk about it.",
    discussion: """
      edgeassist --video cam.mp4              watch a file and ask about it
      edgeassist --video rtsp://host/stream   watch a camera
      edgeassist --batch requests.jsonl       answer a file of requests, without a terminal
      edgeassist                              talk, without a stream
      edgeassist code task.txt                write a program and run it on the task's examples
      edgeassist inspect model.gguf           what a model holds and needs in memory
      edgeassist doctor                       what this machine offers, and what that means

      Every flag may also be set in ~/.config/edgeassist/config.toml (kv-budget = 2048) or as a variable \
      (EDGEASSIST_KV_BUDGET=2048); flags come before variables, variables before the file.
      """,
    version: "0.1.0",
    subcommands: [
      Assist.self, Inspect.self, Quantize.self, Code.self, Evaluate.self, Profile.self, Bench.self, Doctor.self,
    ],
    defaultSubcommand: Assist.self)
}

@main
enum Main {
  static func main() async {
    _ = StandardStreams.inputWasClosed
    let typed = Array(CommandLine.arguments.dropFirst())
    do throws(SettingsError) {
      let arguments = try SettingsLayers.arguments(typed: typed, environment: ProcessInfo.processInfo.environment)
      await EdgeAssist.main(arguments)
    } catch {
      FileHandle.standardError.write(Data("edgeassist: \(error.message)\n".utf8))
      exit(ExitCode.validationFailure.rawValue)
    }
  }
}
