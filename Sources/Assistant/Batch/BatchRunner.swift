// SPDX-License-Identifier: Apache-2.0

import CodeAgent
import CodeTasks
import Dialogue
import Inference
import Platform
import Records

/// Answers a file of requests, one after the other, on one loaded model.
public actor BatchRunner {
  private let thread: ThreadExecutor
  private let model: LoadedModel
  private let options: BatchOptions
  private let worker: TaskSolver?
  private nonisolated let stop = StopSource()
  private var progress = BatchProgress()
  /// Warnings about changed weights that have been given.
  private var scrubWarnings = 0
  private var lastReport = ContinuousClock.now
  /// The ids so far. Results and `--resume` tell requests apart by them.
  private var identifiers = IdentifierSet()

  /// The thread that the model runs on.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// Makes a runner that has read no request yet.
  ///
  /// - Throws: `ReportedError` with the code `insufficient_threads`.
  public init(model: sending LoadedModel, options: BatchOptions) throws(ReportedError) {
    thread = try ThreadExecutor(reporting: "model")
    let known = model.warnings
    self.model = model
    self.options = options
    worker = try options.code.map { (settings) throws(ReportedError) in
      try TaskSolver(settings: settings, beside: known, warn: options.warn)
    }
  }

  /// Ends the run after the token under way; what has been answered is in the output. From any thread.
  public nonisolated func interrupt() {
    stop.stop()
  }

  /// Answers everything.
  ///
  /// - Throws: `ReportedError` when requests cannot be read or results cannot be written.
  public func run() async throws(ReportedError) -> BatchSummary {
    var reader = try LineReader(path: options.input, stop: stop, writerTimeout: nil)
    let output: ResumableRecords<AnsweredTurn>
    do throws(ReportedError) {
      output = try ResumableRecords<AnsweredTurn>(
        path: options.output, inputs: [options.input], isResuming: options.isResuming, stop: stop)
    } catch {
      if stop.isStopped { return summary }
      throw error
    }
    let answered = output.answeredTurns
    while !stop.isStopped, let line = try reader.next() {
      if line.isBlank { continue }
      if let request = try read(line, output) {
        try await perform(request, answered: answered[request.id, default: []], output)
      }
      report(force: true)
    }
    reportChangedWeights()
    return summary
  }

  private var summary: BatchSummary {
    BatchSummary(finished: progress.finished, failed: progress.failed, isInterrupted: stop.isStopped)
  }

  /// - Returns: nil for a line that is no request, after its result is written, and for one of another shard.
  private func read(
    _ line: LineReader.Line, _ output: ResumableRecords<AnsweredTurn>
  ) throws(ReportedError) -> BatchRequest? {
    do throws(BatchRequestError) {
      let request: BatchRequest
      do throws(BatchRequestError) { request = try BatchRequest(line) } catch {
        // Of a line with a fault the id may not be known.
        if let shard = options.shard, !shard.contains(line: line.number) { return nil }
        throw error
      }
      if let shard = options.shard, !shard.contains(id: request.id) { return nil }
      if !identifiers.insert(request.id) {
        throw BatchRequestError(
          line: line.number, id: request.id, reason: "an earlier request has this “id”; give each one of its own")
      }
      return request
    } catch {
      count(hasFailed: true)
      options.logger.error("\(error.message)")
      try output.write(TurnResult.failure(error))
      return nil
    }
  }

  private func perform(
    _ request: BatchRequest, answered: Set<Int>, _ output: ResumableRecords<AnsweredTurn>
  ) async throws(ReportedError) {
    if !answered.isEmpty && answered.isSuperset(of: request.turns.indices) { return }
    progress.id = request.id
    options.logger.info("request \(request.id): \(request.summary)")
    if let problem = request.code { return try await work(on: problem, request.overrides, output) }
    var results = TurnResultWriter(of: request, answered: answered, output: output, logger: options.logger)
    do {
      try await answer(request, &results)
    } catch {
      let error = ReportedError(error)
      if error.code == .outputUnwritable { throw error }
      // A request that a stop broke off has not failed: a resumed run answers the rest of it.
      if stop.isStopped { return }
      // The remaining turns cannot be reached, so they fail with the same error.
      try results.failRest(error)
    }
    if stop.isStopped && !results.areComplete { return }
    count(hasFailed: results.haveFailures)
  }

  private func answer(_ request: BatchRequest, _ results: inout TurnResultWriter) async throws {
    var run = try await RequestRun(request, model: model, options: options, stop: stop)
    progress.duration = run.duration
    do {
      while try await run.advance(&results) {
        progress.time = run.time
        report()
      }
    } catch {
      await run.close()
      throw error
    }
    await run.close()
  }

  private func work(
    on problem: CodeProblem, _ overrides: BatchOverrides, _ output: ResumableRecords<AnsweredTurn>
  ) async throws(ReportedError) {
    let result: CodeResult?
    if let worker, var limits = options.code?.limits {
      if let tokens = overrides.maximumTokens { limits.tokensOfReply = max(tokens, 1) }
      result = await worker.work(
        on: problem, limits: limits, temperature: overrides.temperature ?? 0, seed: overrides.seed ?? 0, stop: stop)
    } else {
      let refusal = ReportedError(.unsupported, "programming tasks are not worked on here")
      result = CodeResult(id: problem.id, solution: .failure(refusal))
    }
    guard let result else { return }
    count(hasFailed: result.error != nil)
    options.logger.log(result)
    try output.write(result.json)
  }

  // MARK: Progress

  private func count(hasFailed: Bool) {
    progress.finished += 1
    if hasFailed { progress.failed += 1 }
  }

  private func report(force: Bool = false) {
    reportChangedWeights()
    let now = ContinuousClock.now
    guard force || now - lastReport > .milliseconds(200) else { return }
    lastReport = now
    options.report(progress)
  }

  private func reportChangedWeights() {
    for warning in model.scrubber?.warnings.dropFirst(scrubWarnings) ?? [] {
      options.warn(warning)
      scrubWarnings += 1
    }
  }
}
