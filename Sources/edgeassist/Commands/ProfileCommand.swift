// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BoundedCache
import Dialogue
import Evaluation
import Foundation
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
      """)

  @Option(name: .long, help: ArgumentHelp("Write the profile to this file.", valueName: "file"), completion: .file())
  var output: String

  @Option(
    name: .long,
    help: ArgumentHelp("Ratio of all heads' tokens that count as needed, between 0 and 1.", valueName: "ratio"))
  var ratio = 0.125

  @Option(
    name: .customLong("group-size"),
    help: ArgumentHelp("Heads in a group, for the part of the report on groups.", valueName: "n"))
  var groupSize = 4

  @OptionGroup(title: "Streams") var streams: EvaluationStreamOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Model") var adapter: ModelAdapterOptions

  func validate() throws {
    if !(ratio > 0 && ratio < 1) { throw ValidationError("--ratio must be between 0 and 1, not \(ratio)") }
    if groupSize < 1 { throw ValidationError("--group-size must be above 0, not \(groupSize)") }
  }

  func run() async throws {
    do {
      try await measure()
    } catch let error as ReportedError {
      throw StartFailure.report(error.message)
    } catch let error as EvaluationError {
      throw StartFailure.report(error.message)
    } catch let error as HeadBudgetProfileError {
      throw StartFailure.report(error.description)
    }
  }

  private func measure() async throws {
    try StandardStreams.checkOutput()
    do throws(OutputError) {
      try OutputFile.check(path: output, replacing: HeadBudgetProfile.replaceable)
    } catch {
      throw StartFailure.report(error.description)
    }
    let bar = CountProgress(unit: "questions")
    let profiler = HeadProfiler(
      model: try model.load(adapter: adapter.path, type: .f16),
      options: ProfileOptions(
        suite: try streams.makeSuite(), seed: streams.requests == nil ? streams.drawn.seed : nil, ratio: ratio,
        report: { bar.show($0, of: $1) }))
    let signals = InterruptSignals { profiler.interrupt() }
    defer { signals.stop() }
    let profile = try await profiler.run()
    bar.finish()
    guard let profile else { throw ExitStatus.interrupted }
    try profile.write(to: output, stop: InterruptSignals.arrival)
    try StandardStreams.print(
      ProfileReport(profile: profile, output: output, groupSize: groupSize, style: .standardOutput).text)
  }
}
