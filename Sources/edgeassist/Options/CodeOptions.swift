// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BoundedCache
import CodeAgent
import Dialogue
import Records
import SessionInterface

/// How the programming agent works on a task.
struct CodeOptions: ParsableArguments {
  @Option(
    name: .customLong("code-model"),
    help: ArgumentHelp(
      "Language model for programming tasks, a file or hf:… as for --model. (default: that of --model, else the small "
        + "embedded coder)",
      valueName: "file"),
    completion: .file(extensions: ["gguf"]))
  var codeModel: String?

  @Option(
    name: .customLong("code-exemplars"),
    help: ArgumentHelp(
      "Similar tasks that the retriever thinks of; each leads to a plan. (default: \(SolveLimits().exemplars))",
      valueName: "n"))
  var exemplars: Int?

  @Option(
    name: .customLong("code-rounds"),
    help: ArgumentHelp(
      "Debugging rounds for the program of a plan. (default: \(SolveLimits().rounds))", valueName: "n"))
  var rounds: Int?

  @Option(
    name: .customLong("code-seconds"),
    help: ArgumentHelp("Longest time for a task, in seconds. (default: no limit)", valueName: "s"))
  var seconds: Double?

  @Option(
    name: .customLong("code-tokens"),
    help: ArgumentHelp("Most tokens generated for a task. (default: no limit)", valueName: "n"))
  var tokens: Int?

  @Flag(
    name: .customLong("unsafe-run"), inversion: .prefixedNo,
    help: "Run programs without a sandbox. They can do whatever you can.")
  var isUnsafe = false

  /// The names of those that were given.
  var given: [String] {
    GivenOptions.names(of: [
      "--code-model": codeModel != nil, "--code-exemplars": exemplars != nil, "--code-rounds": rounds != nil,
      "--code-seconds": seconds != nil, "--code-tokens": tokens != nil, "--unsafe-run": isUnsafe,
    ])
  }

  var limits: SolveLimits {
    var limits = SolveLimits(seconds: seconds, tokens: tokens)
    if let exemplars { limits.exemplars = exemplars }
    if let rounds { limits.rounds = rounds }
    return limits
  }

  /// How tasks are worked on. A model of the hub is downloaded if need be.
  ///
  /// - Parameter adapters: LoRA adapters of the roles.
  /// - Throws: `ExitStatus.interrupted` after a message.
  func settings(with model: LanguageModelOptions, adapters: [CodeRole: String]) throws -> CodeAgentSettings {
    let paths: Result<CodeModelPaths, ReportedError>
    do {
      let file = { (name: String) in
        try HubModel.find(name, isMappedOnly: model.isMappedOnly, withTower: false)?.languageModel ?? name
      }
      paths = .success(
        try CodeModelPaths.resolve(
          codeModel: codeModel.map(file), languageModel: codeModel == nil ? model.model.map(file) : nil,
          adapters: adapters))
    } catch let error as ReportedError {
      paths = .failure(error)
    }
    return CodeAgentSettings(
      paths: paths, threads: model.threads.count,
      memory: try model.loadingOptions(type: .f16), limits: limits,
      isUnsafeRunAllowed: isUnsafe)
  }

  /// Refuses `--model` beside `--code-model` where programs are all that is written.
  ///
  /// - Throws: `ValidationError`.
  func check(_ model: LanguageModelOptions) throws {
    if codeModel != nil {
      try GivenOptions.refuse(GivenOptions.names(of: ["--model": model.model != nil]), "with --code-model")
    }
  }

  func validate() throws {
    if let exemplars, !(0...16).contains(exemplars) {
      throw ValidationError("--code-exemplars must be between 0 and 16, not \(exemplars)")
    }
    if let rounds, !(0...100).contains(rounds) {
      throw ValidationError("--code-rounds must be between 0 and 100, not \(rounds)")
    }
    if let seconds, !(seconds > 0 && seconds <= 86_400) {
      throw ValidationError("--code-seconds must be above 0 and at most 86400, not \(seconds)")
    }
    if let tokens, tokens < 1 { throw ValidationError("--code-tokens must be above 0, not \(tokens)") }
  }
}
