import ArgumentParser
import Assistant
import Evaluation
import Foundation

/// `edgeassist eval`: how well ways of holding a stream answer questions about it.
struct Evaluate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Measure how well questions about long streams are answered, by what is kept and within how much.",
    discussion: """
      edgeassist eval                                          policies against the full cache
      edgeassist eval --configurations full,infinipot-v,infinipot-v+true-places --shares 1/8
      edgeassist eval --output results.jsonl --resume          go on where an earlier run stopped
      edgeassist eval --requests r.jsonl --answers a.jsonl     your own clips and the right answers
      edgeassist eval --json report.json                       the figures for scripts; - for standard output

      Streams are drawn: a doorstep camera, and things that come by, the world that the embedded model was trained \
      on. Another model runs on them too, but answers in its own words count as wrong. The same seed makes the same \
      streams and questions. A share is a part of the bytes that a stream takes when nothing is left out.
      """)

  @OptionGroup(title: "Streams") var streams: SuiteOptions
  @OptionGroup(title: "Memory") var memory: ComparisonOptions
  @OptionGroup(title: "Results") var results: ResultOptions
  @OptionGroup(title: "Model") var model: ModelOptions

  func run() async throws {
    do {
      try await evaluate()
    } catch let error as AssistantError {
      throw StartFailure.report(error.message)
    } catch let error as EvaluationError {
      throw StartFailure.report(error.message)
    }
  }

  private func evaluate() async throws {
    let suite = try streams.make()
    try results.check()
    let progress = EvaluationProgress()
    let runner = EvaluationRunner(
      model: try model.load(budget: DialogueOptions.defaultBudget, type: .f16),
      options: EvaluationOptions(
        suite: suite, configurations: memory.configurations.list, budgets: memory.budgets,
        dialogue: try memory.dialogue(), output: results.output,
        isResuming: results.resume, report: { progress.show($0) }))
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
