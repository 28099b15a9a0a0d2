// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BoundedCache
import Dialogue
import Evaluation
import Foundation
import Inference
import Platform
import Records

/// `edgeassist profile`: how much of the KV cache each attention head of a model needs.
struct ProfileCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile",
    abstract: "Measure how much of the KV cache each attention head needs, once for a model.",
    discussion: """
      edgeassist profile --output model.heads.json
      edgeassist --video cam.mp4 --kv-profile model.heads.json

      Streams are drawn as for `edgeassist eval` and prefilled into a full KV cache. The questions are prefilled after \
      them, and the tokens that each head attends to are counted. To evaluate a profile, use another seed.

      edgeassist profile --pruning --output model.pruning.json
      edgeassist --video cam.mp4 --attention-pruning model.pruning.json

      With --pruning, each attention head of the language model and of the vision tower is left out alone, and each \
      layer of the tower reuses the attention map of the layer before it. What changes the predictions and the \
      embeddings least is left out in the profile, and compared with as much that is drawn at random.
      """)

  @Option(name: .long, help: ArgumentHelp("Write the profile to this file.", valueName: "file"), completion: .file())
  var output: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Ratio of all heads' tokens that count as needed, between 0 and 1. (default: 0.125)", valueName: "ratio"))
  var ratio: Double?

  @Option(
    name: .customLong("group-size"),
    help: ArgumentHelp("Heads in a group, for the part of the report on groups. (default: 4)", valueName: "n"))
  var groupSize: Int?

  @OptionGroup(title: "Pruning") var pruning: PruningArguments

  @OptionGroup(title: "Streams") var streams: EvaluationStreamOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Model") var adapter: ModelAdapterOptions

  func validate() throws {
    if pruning.isWanted {
      try GivenOptions.refuse(
        GivenOptions.names(of: ["--ratio": ratio != nil, "--group-size": groupSize != nil]), "with --pruning")
    }
    if let ratio, !(ratio > 0 && ratio < 1) { throw ValidationError("--ratio must be between 0 and 1, not \(ratio)") }
    if let groupSize, groupSize < 1 { throw ValidationError("--group-size must be above 0, not \(groupSize)") }
  }

  func run() async throws {
    do {
      try await pruning.isWanted ? measurePruning() : measureBudgets()
    } catch let error as ReportedError {
      throw StartFailure.report(error.message)
    } catch let error as EvaluationError {
      throw StartFailure.report(error.message)
    } catch let error as HeadBudgetProfileError {
      throw StartFailure.report(error.description)
    }
  }

  private func measureBudgets() async throws {
    try checkOutput(replacing: HeadBudgetProfile.replaceable)
    let bar = CountProgress(unit: "questions")
    let profiler = try HeadProfiler(
      model: try model.load(adapter: adapter.path, type: .f16),
      options: ProfileOptions(
        suite: try streams.makeSuite(), seed: streams.requests == nil ? streams.drawn.seed : nil,
        ratio: ratio ?? 0.125, report: { bar.show($0, of: $1) }))
    let signals = InterruptSignals { profiler.interrupt() }
    defer { signals.stop() }
    let profile = try await profiler.run()
    bar.finish()
    guard let profile else { throw ExitStatus.interrupted }
    try profile.write(to: output, stop: InterruptSignals.arrival)
    try StandardStreams.print(
      ProfileReport(profile: profile, output: output, groupSize: groupSize ?? 4, style: .standardOutput).text)
  }

  private func measurePruning() async throws {
    try checkOutput(replacing: PruningProfile.replaceable)
    let bar = CountProgress(unit: "measurements")
    let profiler = try PruningProfiler(
      model: try model.load(adapter: adapter.path, type: .f16),
      options: PruningOptions(
        suite: try streams.makeSuite(), text: pruning.data, windows: pruning.windows ?? 2, amounts: pruning.amounts,
        report: { bar.show($0, of: $1) }))
    let signals = InterruptSignals { profiler.interrupt() }
    defer { signals.stop() }
    let measurement = try await profiler.run()
    bar.finish()
    guard let measurement else { throw ExitStatus.interrupted }
    try measurement.profile.write(to: output, stop: InterruptSignals.arrival)
    try StandardStreams.print(
      PruningReport(measurement: measurement, output: output, style: .standardOutput).text)
  }

  private func checkOutput(replacing kind: OutputFile.Replacement) throws {
    try StandardStreams.checkOutput()
    do throws(OutputError) { try OutputFile.check(path: output, replacing: kind) } catch {
      throw StartFailure.report(error.description)
    }
  }
}
