// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Inference

/// How answers are made.
struct GenerationOptions: ParsableArguments {
  @Option(name: .customLong("max-tokens"), help: ArgumentHelp("Longest answer.", valueName: "n"))
  var maximumTokens = 512

  @Option(name: .long, help: ArgumentHelp("0 always takes the likeliest token.", valueName: "t"))
  var temperature = 0.0

  @Option(name: .customLong("top-k"), help: ArgumentHelp("Choose among the k likeliest; 0 for all.", valueName: "k"))
  var topK = 40

  @Option(name: .customLong("top-p"), help: ArgumentHelp("Choose among the likeliest up to this sum.", valueName: "p"))
  var topP = 0.95

  @Option(
    name: .customLong("min-p"), help: ArgumentHelp("Choose among those this likely beside the best.", valueName: "p"))
  var minP = 0.0

  @Option(
    name: .customLong("repeat-penalty"), help: ArgumentHelp("Above 1 discourages repeating words.", valueName: "x"))
  var repetitionPenalty = 1.0

  @Option(name: .long, help: ArgumentHelp("Seed of the choice.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(name: .long, help: ArgumentHelp("System prompt. Left out: the model's own.", valueName: "text"))
  var system: String?

  var parameters: SamplingParameters {
    SamplingParameters(
      temperature: temperature, topK: topK, topP: topP, minP: minP, repetitionPenalty: repetitionPenalty, seed: seed)
  }

  func validate() throws {
    if maximumTokens < 1 { throw ValidationError("--max-tokens must be above 0, not \(maximumTokens)") }
    if let validationError = parameters.validationError { throw ValidationError(validationError) }
  }
}
