// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BoundedCache
import CodeAgent
import Dialogue
import Foundation
import Records
import SessionInterface

/// How programming tasks are worked on.
struct CodeOptions: ParsableArguments {
  @Option(
    name: .customLong("code-model"),
    help: ArgumentHelp(
      "Model for programming tasks (GGUF). Left out: that of --model, else the small embedded coder.", valueName: "file"
    ))
  var codeModel: String?

  @Option(
    name: .customLong("code-exemplars"),
    help: ArgumentHelp("Similar tasks to recall; each makes a plan.", valueName: "n"))
  var exemplars = CodeLimits().exemplars

  @Option(name: .customLong("code-rounds"), help: ArgumentHelp("Rounds of debugging for a plan.", valueName: "n"))
  var rounds = CodeLimits().rounds

  @Option(
    name: .customLong("code-seconds"), help: ArgumentHelp("Longest time for a task. Left out: none.", valueName: "s"))
  var seconds: Double?

  @Option(
    name: .customLong("code-tokens"),
    help: ArgumentHelp("Most tokens that are written for a task. Left out: no limit.", valueName: "n"))
  var tokens: Int?

  @Flag(name: .customLong("unsafe-run"), help: "Run programs without a sandbox. They can do whatever you can.")
  var isUnsafe = false

  var limits: CodeLimits { CodeLimits(exemplars: exemplars, rounds: rounds, seconds: seconds, tokens: tokens) }

  func settings(with model: ModelOptions) -> CodeSettings {
    let paths: Result<CodeModelPaths, ReportedError>
    do throws(ReportedError) {
      paths = .success(
        try CodeModelPaths.resolve(codeModel: codeModel, languageModel: model.model, adapters: model.roleAdapters))
    } catch {
      paths = .failure(error)
    }
    return CodeSettings(
      paths: paths, threads: model.threadCount,
      memory: model.demand(budget: CacheBudget.standard, type: .f16), limits: limits,
      isUnsafeRunAllowed: isUnsafe)
  }

  func validate() throws {
    if !(0...16).contains(exemplars) {
      throw ValidationError("--code-exemplars must be between 0 and 16, not \(exemplars)")
    }
    if !(0...100).contains(rounds) { throw ValidationError("--code-rounds must be between 0 and 100, not \(rounds)") }
    if let seconds, !(seconds > 0 && seconds <= 86_400) {
      throw ValidationError("--code-seconds must be above 0 and at most 86400, not \(seconds)")
    }
    if let tokens, tokens < 1 { throw ValidationError("--code-tokens must be above 0, not \(tokens)") }
  }
}

/// A LoRA adapter: a file for the dialogue, or `ROLE=FILE` for one of the four roles.
struct AdapterArgument: ExpressibleByArgument {
  var role: CodeRole?
  var path: String

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    // A path may hold an equals sign too; only a word without slashes and dots before it can be meant as a role.
    guard parts.count == 2, !parts[0].contains("/"), !parts[0].contains(".") else {
      path = argument
      return
    }
    guard let role = CodeRole(rawValue: String(parts[0])), !parts[1].isEmpty else { return nil }
    self.role = role
    path = String(parts[1])
  }
}
