// SPDX-License-Identifier: Apache-2.0

import CodeAgent
import CodeTasks
import Dialogue
import Foundation
import Inference
import Platform
import Records
import SessionInterface
import Synchronization
import Video

/// How a batch is run.
public struct BatchOptions: Sendable {
  /// The request file; `-` for standard input.
  public var input: String
  /// The result file; nil for standard output.
  public var output: String?
  /// Leave out what the result file already answers.
  public var isResuming: Bool
  public var dialogue: DialogueOptions
  /// nil takes the model's own.
  public var sampling: StreamSettings
  /// How programming tasks are worked on; nil refuses them.
  public var code: CodeSettings?
  /// Receives lines about the progress, for a person.
  public var report: @Sendable (BatchStep) -> Void

  public init(
    input: String, output: String?, isResuming: Bool, dialogue: DialogueOptions, sampling: StreamSettings,
    code: CodeSettings? = nil, report: @escaping @Sendable (BatchStep) -> Void
  ) {
    self.input = input
    self.output = output
    self.isResuming = isResuming
    self.dialogue = dialogue
    self.sampling = sampling
    self.code = code
    self.report = report
  }
}

/// Where a batch is.
public struct BatchStep: Sendable, Equatable {
  /// Requests finished, and how many of them failed in part or whole.
  public var finished = 0
  public var failed = 0
  /// The request under way.
  public var id = ""
  /// Stream time taken in so far, and the stream's length, in seconds.
  public var time = 0.0
  public var duration: Double?
}

/// What came of a batch.
public struct BatchSummary: Sendable, Equatable {
  public var finished = 0
  public var failed = 0
  public var isInterrupted = false
}

/// Answers a file of requests, one after the other, on one loaded model.
public actor BatchRunner {
  private let thread = ThreadExecutor(name: "edgeassist-model")
  private let model: LoadedModel
  private let options: BatchOptions
  private let worker: CodeWorker?
  private nonisolated let stop = StopSource()
  private var step = BatchStep()
  private var lastReport = ContinuousClock.now

  public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  public init(model: sending LoadedModel, options: BatchOptions) {
    self.model = model
    self.options = options
    worker = options.code.map { CodeWorker(settings: $0) }
  }

  /// Ends the run after the token under way; what has been answered is in the output. From any thread.
  public nonisolated func interrupt() {
    stop.stop()
  }

  /// Answers everything.
  ///
  /// - Throws: `ReportedError` when requests cannot be read or results cannot be written.
  public func run() async throws(ReportedError) -> BatchSummary {
    var reader = try LineReader(path: options.input)
    let output = try ResumableRecords<AnsweredTurn>(path: options.output, isResuming: options.isResuming)
    let answered = output.answeredTurns
    while !stop.isStopped, let line = reader.next() {
      if line.isBlank { continue }
      try await perform(line, answered: answered, output: output)
      report(force: true)
    }
    return BatchSummary(
      finished: step.finished, failed: step.failed, isInterrupted: stop.isStopped)
  }

  private func perform(
    _ line: LineReader.Line, answered: [String: Set<Int>], output: ResumableRecords<AnsweredTurn>
  ) async throws(ReportedError) {
    let request: BatchRequest
    do throws(BatchRequestError) {
      request = try BatchRequest(line)
    } catch {
      step.finished += 1
      step.failed += 1
      return try output.write(BatchResult.failure(error))
    }
    let done = answered[request.id, default: []]
    if done.isSuperset(of: request.turns.indices) && !done.isEmpty { return }
    step.id = request.id
    if let problem = request.code { return try await work(on: problem, request.overrides, output) }
    var run = RequestRun(request: request, answered: done, output: output)
    do {
      try await answer(&run)
    } catch {
      let error = ReportedError(error)
      if error.code == .outputUnwritable { throw error }
      run.hasFailed = true
      // The turns that were not reached failed for the same reason as the one that was.
      try run.writeFailureOfTheRest(error)
    }
    if stop.isStopped && !run.isComplete { return }
    step.finished += 1
    if run.hasFailed { step.failed += 1 }
  }

  // MARK: One request

  private func answer(_ run: inout RequestRun) async throws {
    let dialogue = try VideoDialogue(model: model, options: try run.request.overrides.applied(to: options.dialogue))
    var ingest = StreamIngest(into: dialogue)
    // What pictures and questions take is told without it.
    try dialogue.readSystemPrompt()
    guard let path = run.request.video else {
      while run.nextTurn != nil { try answerTurn(&run, dialogue, &ingest, at: nil) }
      return
    }
    var settings = options.sampling
    if let rate = run.request.overrides.framesPerSecond { settings.framesPerSecond = rate }
    let source = VideoSource(BatchRequest.resolve(path, relativeTo: options.input))
    let video = try await VideoStream.open(source, options: try settings.options(for: model, isHeadless: true))
    defer { video.stop() }
    try dialogue.check(
      framesOf: video.description.sampledSize.width, by: video.description.sampledSize.height,
      questions: run.request.turns.map(\.ask))
    step.duration = video.description.duration
    var end = 0.0
    for await timed in video {
      while let at = run.nextTurn?.at, at <= timed.time { try answerTurn(&run, dialogue, &ingest, at: at, video) }
      if stop.isStopped || run.nextTurn == nil { return }
      try run.measureIngest { () throws(ReportedError) in
        try ingest.add(timed.image, at: timed.time)
        while try ingest.step() {}
      }
      end = timed.time + settings.period(for: model)
      step.time = timed.time
      report()
    }
    run.warnings += video.takeWarnings()
    // A stream that broke off is answered on what was seen, if anything was.
    if let failure = video.failure {
      if ingest.framesSeen == 0 { throw failure }
      run.warnings.append(failure.description)
    }
    while run.nextTurn != nil { try answerTurn(&run, dialogue, &ingest, at: end, video) }
  }

  private func work(
    on problem: CodeProblem, _ overrides: BatchOverrides, _ output: ResumableRecords<AnsweredTurn>
  ) async throws(ReportedError) {
    let record: OrderedJSON
    do throws(ReportedError) {
      guard let worker, var limits = options.code?.limits else {
        throw ReportedError(.unsupported, "programming tasks are not worked on here")
      }
      if let tokens = overrides.maximumTokens { limits.tokensOfReply = max(tokens, 1) }
      let task = try problem.task()
      let outcome = try await worker.solve(
        task, limits: limits, temperature: overrides.temperature ?? 0, seed: overrides.seed ?? 0,
        control: CodeControl(run: stop))
      if outcome.end == .cancelled { return }
      var result = CodeResult(id: problem.id, language: task.language, outcome: outcome, tests: problem.tests.count)
      if let program = outcome.program, !problem.tests.isEmpty {
        result.passesTests = try await worker.passes(program, tests: problem.tests)
      }
      record = result.json
    } catch {
      step.failed += 1
      record = CodeResult.failure(id: problem.id, error)
    }
    step.finished += 1
    try output.write(record)
  }

  private func answerTurn(
    _ run: inout RequestRun, _ dialogue: VideoDialogue, _ ingest: inout StreamIngest, at time: Double?,
    _ video: VideoStream? = nil
  ) throws {
    guard let turn = run.nextTurn, !stop.isStopped else {
      return run.stop()
    }
    try run.measureIngest { () throws(ReportedError) in try ingest.finish() }
    do throws(ReportedError) {
      let summary = try dialogue.answer(
        turn.ask, at: time ?? 0, isCancelled: { stop.isStopped }, emit: { _ in })
      if summary.stop == .cancelled { return run.stop() }
      var statistics = SessionStatistics()
      dialogue.describe(into: &statistics)
      statistics.framesSeen = ingest.framesSeen
      statistics.framesDropped = video?.droppedCount ?? 0
      statistics.residentBytes = ResidentMemory.current()
      run.warnings += dialogue.takeWarnings() + (video?.takeWarnings() ?? [])
      try run.write(summary, at: time, statistics, visionTokensRead: dialogue.visionTokensRead)
    } catch {
      if error.code == .outputUnwritable { throw error }
      try run.writeFailure(error)
    }
  }

  private func report(force: Bool = false) {
    let now = ContinuousClock.now
    guard force || now - lastReport > .milliseconds(200) else { return }
    lastReport = now
    options.report(step)
  }
}
