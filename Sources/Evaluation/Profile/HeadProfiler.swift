// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Dialogue
import Inference
import Platform
import Records
import Synchronization

/// Options of the measurement of a head budget profile.
public struct ProfileOptions: Sendable {
  /// The streams and questions.
  public var suite: any EvaluationSuite
  /// Seed of drawn streams, which is written into the profile.
  public var seed: UInt64?
  /// Ratio of all heads' tokens that count as demanded, between 0 and 1.
  public var ratio: Double
  /// Called after each question with the number of questions read and the number of all questions.
  public var report: @Sendable (_ done: Int, _ all: Int) -> Void

  /// One in eight tokens counts as demanded, unless said otherwise.
  public init(
    suite: any EvaluationSuite, seed: UInt64? = nil, ratio: Double = 0.125,
    report: @escaping @Sendable (_ done: Int, _ all: Int) -> Void = { _, _ in }
  ) {
    self.suite = suite
    self.seed = seed
    self.ratio = ratio
    self.report = report
  }
}

/// Measures how much of a KV cache each attention head of a model needs.
///
/// Each stream is prefilled into a full cache. Each of its questions is then prefilled after it, as if it were the only
/// one, and its attention is measured. Nothing is answered.
public actor HeadProfiler {
  private let thread: ThreadExecutor
  private let model: LoadedModel
  private let options: ProfileOptions
  private nonisolated let stop = StopSource()

  /// The thread that the model runs on.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// Takes the model over: nobody else may use it while this profiler lives.
  ///
  /// - Throws: `ReportedError` with the code `insufficient_threads`.
  public init(model: sending LoadedModel, options: ProfileOptions) throws(ReportedError) {
    thread = try ThreadExecutor(reporting: "model")
    self.model = model
    self.options = options
  }

  /// Ends the measurement after the current question. May be called from any thread.
  public nonisolated func interrupt() { stop.stop() }

  /// Measures the profile.
  ///
  /// - Returns: the profile, or nil when it was interrupted.
  /// - Throws: `ReportedError`, `EvaluationError`, or `HeadBudgetProfileError` when nothing was demanded.
  public func run() async throws -> HeadBudgetProfile? {
    let streams = options.suite.streams
    let all = streams.reduce(0) { $0 + $1.questionCount }
    var read = 0
    var samples: [[[Double]]] = []
    options.report(read, all)
    var warmup = EncodedTemporalPatches(model: model)
    try options.suite.showWarmup(to: &warmup, model: model, stop: stop)
    for stream in streams {
      var encoded = EncodedTemporalPatches(model: model)
      try await options.suite.show(stream, to: &encoded, model: model, stop: stop, on: self)
      if stop.isStopped { return nil }
      try encoded.finish()
      var dialogueOptions = DialogueOptions()
      dialogueOptions.policy = .full
      let dialogue = try VideoDialogue(model: model, options: dialogueOptions)
      var demand = HeadDemand(shape: model.language.configuration.cacheShape)
      guard let last = stream.moments.last else { continue }
      for patch in warmup.patches + encoded.patches where patch.end < last.time { try dialogue.ingest(patch) }
      for question in stream.moments.flatMap(\.questions) {
        if stop.isStopped { return nil }
        let queries = try dialogue.queries(of: question.ask)
        for head in demand.heads { demand.add(dialogue.cache.attention(of: queries, to: head), head: head) }
        read += 1
        options.report(read, all)
      }
      samples.append(demand.demand(ratio: options.ratio))
    }
    return try profile(samples, questions: read)
  }

  private func profile(_ samples: [[[Double]]], questions: Int) throws(HeadBudgetProfileError) -> HeadBudgetProfile {
    guard !samples.isEmpty else { throw .nothingDemanded }
    let statistics = HeadDemandStatistics(samples)
    return try HeadBudgetProfile(
      model: model.fingerprint, ratios: statistics.ratios, deviations: statistics.deviations,
      stability: statistics.stability, coverage: statistics.coverage,
      origin: HeadBudgetProfile.Origin(
        measure: "tokens among those that questions look at most, over all heads", ratio: options.ratio,
        streams: samples.count, questions: questions, seed: options.seed))
  }
}
