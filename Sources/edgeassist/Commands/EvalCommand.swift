// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BoundedCache
import Dialogue
import Evaluation
import Foundation
import Records

/// `edgeassist eval`: how well KV cache configurations answer questions about streams, or methods solve tasks.
struct EvalCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Measure how well questions about long streams are answered, or programming tasks solved.",
    discussion: """
      edgeassist eval                                          policies against the full KV cache
      edgeassist eval --configurations full,infinipot-v+tar-proxy+q8_0 --kv-ratios 1/8
      edgeassist eval --output results.jsonl --resume          continue where an earlier run stopped
      edgeassist eval --requests r.jsonl --answers a.jsonl     your own clips and the right answers
      edgeassist eval --suite code                             programming tasks: one shot, four roles, adapters
      edgeassist eval --suite watch                            watches: how many onsets, how many false alerts
      edgeassist eval --json summary.json                      the summary for scripts; - for standard output

      The doorstep suite draws streams: a camera at a door, and things that come by. It is the world that the embedded \
      model was trained on. Another model can be evaluated on it too, but an answer in other words counts as wrong. \
      The same seed makes the same streams and questions. With --suite code, --questions is the number of tasks, with \
      --suite watch that of onsets.
      """)

  @Option(name: .long, help: ArgumentHelp("What to evaluate.", valueName: "name"))
  var suite = Suite.doorstep

  @OptionGroup(title: "Streams") var streams: EvaluationStreamOptions
  @OptionGroup(title: "KV cache") var cache: EvaluationCacheOptions
  @OptionGroup(title: "Programming tasks (--suite code)") var code: CodeSuiteOptions
  @OptionGroup(title: "Programming agent (--suite code)") var agent: CodeOptions
  @OptionGroup(title: "Results") var results: EvaluationOutputOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Model") var adapters: AdapterOptions

  /// A suite to evaluate.
  enum Suite: String, ExpressibleByArgument, CaseIterable {
    /// Questions about streams: drawn ones, or the clips of `--requests`.
    case doorstep
    /// Programming tasks.
    case code
    /// Watches on drawn streams.
    case watch
  }

  func validate() throws {
    switch suite {
    case .doorstep:
      let ofRoles = GivenOptions.names(of: ["--lora ROLE=FILE": !adapters.roles.isEmpty])
      try GivenOptions.refuse(code.given + agent.given + ofRoles, "without --suite code")
      try cache.refuseWhereUnbounded(GivenOptions.names(of: ["--plot": results.plot != nil]))
    case .code:
      let others = GivenOptions.names(of: [
        "--plot": results.plot != nil, "--lora without a role": adapters.path != nil,
      ])
      try GivenOptions.refuse(
        streams.givenForStreams + cache.given + model.givenForVision + others, "with --suite code")
      try agent.check(model.language)
    case .watch:
      let others = GivenOptions.names(of: [
        "--plot": results.plot != nil, "--lora ROLE=FILE": !adapters.roles.isEmpty,
      ])
      try GivenOptions.refuse(
        code.given + agent.given + cache.givenButBudget + streams.givenWithoutWatches + others, "with --suite watch")
    }
  }

  func run() async throws {
    do {
      switch suite {
      case .doorstep: try await evaluateStreams()
      case .code: try await evaluateCode()
      case .watch: try await evaluateWatches()
      }
    } catch let error as ReportedError {
      throw StartFailure.report(error.message)
    } catch let error as EvaluationError {
      throw StartFailure.report(error.message)
    }
  }

  private func evaluateCode() async throws {
    let (problems, name) = try code.problems(limit: streams.drawn.questions)
    try results.check(inputs: code.tasks)
    let settings = try agent.settings(with: model.language, adapters: adapters.roles)
    let paths = try settings.paths.get()
    let methods = code.methods?.list ?? CodeMethod.allCases
    let identity = [
      (name: "suite", value: "code"), (name: "tasks", value: "\(name) (\(problems.count))"),
      (name: "model", value: (paths.base as NSString).lastPathComponent),
      (name: "limits", value: "\(agent.limits.exemplars) exemplars, \(agent.limits.rounds) rounds"),
    ]
    let progress = EvaluationProgress()
    let runner = try CodeEvaluationRunner(
      options: CodeEvaluationOptions(
        problems: problems, identity: identity, methods: methods, settings: settings,
        output: results.output, isResuming: results.resume, report: { progress.show($0) }))
    let signals = InterruptSignals { runner.interrupt() }
    defer { signals.stop() }
    let (records, isInterrupted) = try await runner.run()
    progress.finish()
    let summary = CodeSummary(records: records, methods: methods)
    try results.write(
      report: CodeEvaluationReport(
        summary: summary, identity: identity, isComplete: !isInterrupted, style: .standardOutput
      ).text, summary: summary.json(identity: identity, isComplete: !isInterrupted), inputs: code.tasks)
    if isInterrupted { throw ExitStatus.interrupted }
  }

  private func evaluateWatches() async throws {
    let suite = WatchSuite(streams.drawnForWatches)
    try results.check(inputs: [])
    var dialogue = DialogueOptions()
    dialogue.budget = cache.budget.cacheBudget ?? .tokens(Self.watchBudget)
    let loaded = try model.load(adapter: adapters.path, budget: dialogue.budget, type: .f16)
    let identity = suite.identity + [("model", loaded.identity)]
    let progress = EvaluationProgress()
    let runner = try WatchEvaluationRunner(
      model: loaded,
      options: WatchEvaluationOptions(
        suite: suite, dialogue: dialogue, output: results.output, isResuming: results.resume,
        report: { progress.show($0) }))
    let signals = InterruptSignals { runner.interrupt() }
    defer { signals.stop() }
    let (records, isInterrupted) = try await runner.run()
    progress.finish()
    let summary = WatchSummary(records: records)
    try results.write(
      report: WatchEvaluationReport(
        summary: summary, identity: identity, isComplete: !isInterrupted, style: .standardOutput
      ).text, summary: summary.json(identity: identity, isComplete: !isInterrupted), inputs: [])
    if isInterrupted { throw ExitStatus.interrupted }
  }

  /// Tokens of the KV cache of the baseline that is asked about what is remembered.
  private static let watchBudget = 512

  private func evaluateStreams() async throws {
    let suite = try streams.makeSuite()
    let inputs = [streams.requests, streams.answers].compactMap(\.self)
    try results.check(inputs: inputs)
    let progress = EvaluationProgress()
    let dialogue = try cache.dialogue()
    let loaded = try model.load(adapter: adapters.path, type: .f16)
    try dialogue.check(for: loaded)
    for case .tokens(let tokens) in cache.budgets {
      loaded.preferences.warning(ofBudget: tokens).map(StandardStreams.report)
    }
    let runner = try EvaluationRunner(
      model: loaded,
      options: EvaluationOptions(
        suite: suite, configurations: cache.configurations, budgets: cache.budgets,
        dialogue: dialogue, output: results.output, isResuming: results.resume, report: { progress.show($0) }))
    let signals = InterruptSignals { runner.interrupt() }
    defer { signals.stop() }
    let (records, isInterrupted) = try await runner.run()
    progress.finish()
    let summary = EvaluationSummary(
      records: records, configurations: cache.configurations, budgets: cache.budgets)
    try results.write(
      report: EvaluationReport(summary, suite: suite, isComplete: !isInterrupted, style: .standardOutput).text,
      summary: summary.json(identity: suite.identity, isComplete: !isInterrupted), inputs: inputs)
    if let plot = results.plot { try RetentionPlot(await runner.retention.map { ($0.label, $0.map) }).write(to: plot) }
    if isInterrupted { throw ExitStatus.interrupted }
  }
}
