// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dialogue
import Foundation
import Records

/// The assistant: on the screen, or headless with `--batch`.
struct Assist: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assist", abstract: "Watch, chat, or answer a batch (the default).", shouldDisplay: false)

  @OptionGroup(title: "Stream") var stream: StreamOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Memory") var memory: MemoryOptions
  @OptionGroup(title: "Answers") var generation: GenerationOptions
  @OptionGroup(title: "Programming tasks") var code: CodeOptions
  @OptionGroup(title: "Batch") var batch: BatchArguments

  @Option(name: .long, help: ArgumentHelp("Write a log of the run to this file.", valueName: "file"))
  var log: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Settings file. Left out: edgeassist/config.toml in $XDG_CONFIG_HOME.", valueName: "file"))
  var config: String?

  func validate() throws {
    if batch.batch != nil && stream.video != nil {
      throw ValidationError("--video is for the screen; in a batch each request names its own video")
    }
  }

  func run() async throws {
    LogFile.start(path: log)
    signal(SIGPIPE, SIG_IGN)
    if batch.batch == "-" && StandardStreams.inputWasClosed {
      throw StartFailure.report("standard input is closed; pipe requests in, or name a file: --batch FILE")
    }
    var options = DialogueOptions(
      budget: memory.dialogueBudget, policy: memory.policy, type: memory.size.type,
      compression: .published(with: memory.variants.names), offload: memory.offloadOptions,
      systemPrompt: generation.system, sampling: generation.parameters, maximumAnswerTokens: generation.maximumTokens)
    do {
      options.headProfile = try memory.headProfile()
      let loaded = try model.load(budget: memory.dialogueBudget, type: memory.size.type)
      try loaded.check(options)
      let tasks = code.settings(with: model)
      if let requests = batch.batch {
        try await BatchCommand(
          requests: requests, arguments: batch, stream: stream.settings, dialogue: options, code: tasks
        ).run(model: loaded)
      } else {
        try await ScreenCommand(source: stream.video, stream: stream.settings, dialogue: options, code: tasks)
          .run(model: loaded)
      }
    } catch let error as ReportedError {
      throw StartFailure.report(error.message)
    }
  }
}
