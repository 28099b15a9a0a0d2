// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Dialogue
import Inference
import Platform
import Synchronization

/// What a head profile is measured on.
public struct ProfileOptions: Sendable {
  public var suite: any EvaluationSuite
  /// Of generated streams, for the record.
  public var seed: UInt64?
  /// Which part of all heads' tokens counts as demanded.
  public var ratio: Double
  /// Told after each question, how many have been read and how many there are.
  public var report: @Sendable (_ done: Int, _ all: Int) -> Void

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

/// Measures which heads of a model have use for how much of a cache.
///
/// Each stream is read whole, with nothing left out, and its questions are read behind it, each as if it were the only
/// one; nothing is answered.
public actor HeadProfiler {
  private let thread = ThreadExecutor(name: "edgeassist-model")
  private let model: LoadedModel
  private let options: ProfileOptions
  private nonisolated let stop = StopSource()

  public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  public init(model: sending LoadedModel, options: ProfileOptions) {
    self.model = model
    self.options = options
  }

  /// Ends the measurement after the question under way. From any thread.
  public nonisolated func interrupt() { stop.stop() }

  /// - Returns: the profile, or nil when it was interrupted.
  /// - Throws: `ReportedError`, `EvaluationError`, or `HeadBudgetProfileError` when nothing was demanded.
  public func run() async throws -> HeadBudgetProfile? {
    let streams = options.suite.streams
    let all = streams.reduce(0) { $0 + $1.questionCount }
    var read = 0
    var samples: [[[Double]]] = []
    options.report(read, all)
    for stream in streams {
      var encoded = EncodedStream(model: model)
      try await options.suite.show(stream, to: &encoded, model: model, on: self)
      try encoded.finish()
      let dialogue = try VideoDialogue(model: model, options: DialogueOptions(policy: .full))
      var demand = HeadDemand(shape: model.language.configuration.cacheShape)
      guard let last = stream.moments.last else { continue }
      for patch in encoded.patches where patch.end < last.time { try dialogue.ingest(patch) }
      for question in stream.moments.flatMap(\.questions) {
        if stop.isStopped { return nil }
        try dialogue.attention(to: question.ask) { demand.add($1, head: $0) }
        read += 1
        options.report(read, all)
      }
      samples.append(demand.demand(ratio: options.ratio))
    }
    return try profile(samples, questions: read)
  }

  private func profile(_ samples: [[[Double]]], questions: Int) throws(HeadBudgetProfileError) -> HeadBudgetProfile {
    guard !samples.isEmpty else { throw .nothingDemanded }
    let statistics = ProfileStatistics(samples)
    return try HeadBudgetProfile(
      model: model.fingerprint, shares: statistics.shares, deviations: statistics.deviations,
      stability: statistics.stability, coverage: statistics.coverage,
      origin: HeadBudgetProfile.Origin(
        measure: "tokens among those that questions look at most, over all heads", ratio: options.ratio,
        streams: samples.count, questions: questions, seed: options.seed))
  }
}
