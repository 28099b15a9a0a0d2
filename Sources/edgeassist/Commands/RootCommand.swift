// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dialogue
import Foundation
import Inference
import Logging
import Platform
import Records
import Video

/// The root command. Its own options are those of the main use, the assistant; every other use is a subcommand.
struct RootCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "edgeassist",
    abstract: "Watch a video stream of any length in a fixed amount of memory, and answer questions about it.",
    usage: """
      edgeassist [<options>]
      edgeassist <subcommand> [<options>]
      """,
    discussion: """
      edgeassist --video cam.mp4              watch a file and ask about it
      edgeassist --video rtsp://host/stream   watch a camera
      edgeassist --batch requests.jsonl       answer a file of requests, without a terminal
      edgeassist                              chat, without a stream
      edgeassist --model hf:OWNER/NAME        use a model of the Hugging Face hub
      edgeassist watch --watch "it rains" …   tell when something happens in a stream
      edgeassist code task.txt                write a program and run it on the task's examples
      edgeassist inspect model.gguf           what a model file holds and needs in memory
      edgeassist doctor                       what this machine offers, and what that means

      The options of `edgeassist` itself can also be set in ~/.config/edgeassist/config.toml (kv-budget = 2048, \
      mlock = true) and as environment variables (EDGEASSIST_KV_BUDGET=2048, EDGEASSIST_MLOCK=1). The command line \
      comes before variables, variables come before the file. --batch, --output, --resume and --shard belong to one \
      run and are read from the command line only. Subcommands read no settings.
      """,
    version: "0.1.0",
    subcommands: SubcommandRoot.all)

  @OptionGroup(title: "Stream") var stream: StreamOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Model") var adapters: AdapterOptions
  @OptionGroup(title: "KV cache") var cache: CacheOptions
  @OptionGroup(title: "Answers") var generation: GenerationOptions
  @OptionGroup(title: "Programming tasks") var code: CodeOptions
  @OptionGroup(title: "Batch") var batch: BatchArguments

  @Option(
    name: .customLong("log-file"),
    help: ArgumentHelp(
      "Append a log of the run to this file: options, model, requests, warnings, signal losses, errors, end.",
      valueName: "file"),
    completion: .file())
  var logFile: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Settings file. (default: $EDGEASSIST_CONFIG, else edgeassist/config.toml in $XDG_CONFIG_HOME or ~/.config)",
      valueName: "file"), completion: .file(extensions: ["toml"]))
  var config: String?

  func validate() throws {
    if batch.batch != nil && stream.video != nil {
      throw ValidationError("--video is for the screen; in a batch each request names its own video")
    }
  }

  func run() async throws {
    let logger: Logger
    do throws(ReportedError) { logger = try LogFile.logger(path: logFile, others: otherFiles) } catch {
      throw StartFailure.report(error.message)
    }
    logger.info("edgeassist \(Self.configuration.version) begins: \(Self.options)")
    do { try await run(logger: logger) } catch {
      let status = Self.exitCode(for: error)
      logger.log(level: status == .success ? .info : .error, "end, status \(status.rawValue)")
      throw error
    }
    logger.info("end, status 0")
  }

  /// The files of the run, which the log must not be.
  private var otherFiles: [(name: String, path: String?)] {
    let typed = Array(CommandLine.arguments.dropFirst())
    return [
      ("--batch", batch.batch), ("--output", batch.output), ("--video", stream.video),
      ("--model", model.language.model), ("--mmproj", model.tower.mmproj),
      ("--config", SettingsLayers.path(typed: typed, environment: ProcessEnvironment.current)),
    ]
  }

  /// The options from all sources, as words of a command line.
  private static var options: String {
    let typed = Array(CommandLine.arguments.dropFirst())
    let all = try? SettingsLayers.arguments(typed: typed, environment: ProcessEnvironment.current)
    return (all ?? typed).map(VideoSource.hidingPassword).joined(separator: " ")
  }

  private func run(logger: Logger) async throws {
    if batch.batch == "-" && StandardStreamChecks.inputWasClosed {
      throw StartFailure.report("standard input is closed; pipe requests in, or name a file: --batch FILE")
    }
    var options = DialogueOptions()
    options.budget = cache.budget.cacheBudget
    options.policy = cache.policy
    options.type = cache.type.type
    options.compression = .published(with: cache.variants.names)
    options.offload = cache.files.offloadOptions
    options.systemPrompt = generation.systemPrompt
    options.sampling = generation.parameters
    options.maximumAnswerTokens = generation.maximumTokens
    do {
      options.headBudgetProfile = try cache.files.headBudgetProfile()
      let loaded = try model.load(
        adapter: adapters.path, budget: options.budget, type: options.type,
        maximumPixels: stream.maximumPixels)
      logger.info(
        "model \(loaded.name), \(loaded.threads) threads, \(memorySize(ResidentMemory.current())) resident")
      try options.check(for: loaded)
      let tasks = try code.settings(with: model.language, adapters: adapters.roles)
      if let requests = batch.batch {
        try await BatchMode(
          requests: requests, arguments: batch, stream: stream.settings, dialogue: options, code: tasks,
          logger: logger
        ).run(model: loaded)
      } else {
        try await ScreenMode(
          source: stream.video, stream: stream.settings, dialogue: options, code: tasks, logger: logger
        ).run(model: loaded)
      }
    } catch let error as ReportedError {
      logger.error("\(error.code.rawValue): \(error.message)")
      throw StartFailure.report(error.message)
    }
  }
}
