// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BoundedCache
import Dialogue
import Evaluation
import Foundation
import Records

/// `edgeassist eval`: how well ways of holding a stream answer questions about it.
struct Evaluate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Measure how well questions about long streams, or programming tasks, are answered.",
    discussion: """
      edgeassist eval                                          policies against the full cache
      edgeassist eval --configurations full,infinipot-v,infinipot-v+patch-aligned --shares 1/8
      edgeassist eval --output results.jsonl --resume          go on where an earlier run stopped
      edgeassist eval --requests r.jsonl --answers a.jsonl     your own clips and the right answers
      edgeassist eval --suite code                             programming tasks: one shot, four roles, adapters
      edgeassist eval --json report.json                       the figures for scripts; - for standard output

      Streams are drawn: a doorstep camera, and things that come by, the world that the embedded model was trained \
      on. Another model runs on them too, but answers in its own words count as wrong. The same seed makes the same \
      streams and questions. A share is a part of the bytes that a stream takes when nothing is left out.
      """)

  @OptionGroup(title: "Streams") var streams: SuiteOptions
  @OptionGroup(title: "Memory") var memory: ComparisonOptions
  @OptionGroup(title: "Programming tasks (--suite code)") var code: CodeSuiteOptions
  @OptionGroup(title: "Work on programming tasks") var work: CodeOptions
  @OptionGroup(title: "Results") var results: ResultOptions
  @OptionGroup(title: "Model") var model: ModelOptions

  func run() async throws {
    do {
      switch streams.suite {
      case .stream: try await evaluate()
      case .code: try await evaluateCode()
      }
    } catch let error as ReportedError {
      throw StartFailure.report(error.message)
    } catch let error as EvaluationError {
      throw StartFailure.report(error.message)
    }
  }

  private func evaluateCode() async throws {
    let (problems, name) = try code.problems(limit: streams.questions)
    try results.check()
    let paths = try work.settings(with: model).paths.get()
    let identity = [
      (name: "suite", value: "code"), (name: "tasks", value: "\(name) (\(problems.count))"),
      (name: "model", value: (paths.base as NSString).lastPathComponent),
      (name: "limits", value: "\(work.exemplars) exemplars, \(work.rounds) rounds"),
    ]
    let progress = EvaluationProgress()
    let runner = CodeEvaluationRunner(
      options: CodeEvaluationOptions(
        problems: problems, identity: identity, ways: code.ways.list, paths: paths, threads: model.threadCount,
        limits: work.limits, isUnsafeRunAllowed: work.isUnsafe, output: results.output, isResuming: results.resume,
        report: { progress.show($0) }))
    let signals = InterruptSignals { runner.interrupt() }
    defer { signals.stop() }
    let (records, isInterrupted) = try await runner.run()
    progress.finish()
    let summary = CodeSummary(records: records, ways: code.ways.list)
    try results.write(
      report: CodeEvalReport(
        summary: summary, identity: identity, isComplete: !isInterrupted, style: .standardOutput
      ).text, figures: summary.json(identity: identity, isComplete: !isInterrupted))
    if isInterrupted { throw ExitStatus.interrupted }
  }

  private func evaluate() async throws {
    let suite = try streams.make()
    try results.check()
    let progress = EvaluationProgress()
    let dialogue = try memory.dialogue()
    let loaded = try model.load(budget: CacheBudget.standard, type: .f16)
    try loaded.check(dialogue)
    let runner = EvaluationRunner(
      model: loaded,
      options: EvaluationOptions(
        suite: suite, configurations: memory.configurations.list, budgets: memory.budgets,
        dialogue: dialogue, output: results.output, isResuming: results.resume, report: { progress.show($0) }))
    let signals = InterruptSignals { runner.interrupt() }
    defer { signals.stop() }
    let (records, isInterrupted) = try await runner.run()
    progress.finish()
    let summary = EvaluationSummary(
      records: records, configurations: memory.configurations.list, budgets: memory.budgets)
    try results.write(summary, suite: suite, isComplete: !isInterrupted)
    if let plot = results.plot { try RetentionPlot(await runner.retention.map { ($0.label, $0.map) }).write(to: plot) }
    if isInterrupted { throw ExitStatus.interrupted }
  }
}
