// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Inference

/// How the tokens of an answer are sampled.
struct GenerationOptions: ParsableArguments {
  @Option(name: .customLong("max-tokens"), help: ArgumentHelp("Longest answer, in tokens.", valueName: "n"))
  var maximumTokens = 512

  @Option(
    name: .long, help: ArgumentHelp("Sampling temperature; 0 always takes the most likely token.", valueName: "t"))
  var temperature = 0.0

  @Option(
    name: .customLong("top-k"), help: ArgumentHelp("Sample from the k most likely tokens; 0 for all.", valueName: "k"))
  var topK = 40

  @Option(
    name: .customLong("top-p"),
    help: ArgumentHelp("Sample from the most likely tokens whose probabilities add up to p.", valueName: "p"))
  var topP = 0.95

  @Option(
    name: .customLong("min-p"),
    help: ArgumentHelp("Sample from tokens at least p times as likely as the most likely one.", valueName: "p"))
  var minP = 0.0

  @Option(
    name: .customLong("repeat-penalty"),
    help: ArgumentHelp("Penalty for tokens that repeat, above 1; 1 for none.", valueName: "x"))
  var repetitionPenalty = 1.0

  @Option(name: .long, help: ArgumentHelp("Seed of the sampler.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(
    name: .customLong("system-prompt"),
    help: ArgumentHelp("System prompt. (default: the one of the model's chat template)", valueName: "text"))
  var systemPrompt: String?

  var parameters: SamplingParameters {
    SamplingParameters(
      temperature: temperature, topK: topK, topP: topP, minP: minP, repetitionPenalty: repetitionPenalty, seed: seed)
  }

  func validate() throws {
    if maximumTokens < 1 { throw ValidationError("--max-tokens must be above 0, not \(maximumTokens)") }
    if let validationError = parameters.validationError { throw ValidationError(validationError) }
  }
}
