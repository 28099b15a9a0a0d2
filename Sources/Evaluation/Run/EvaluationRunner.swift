// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Inference
import Platform
import Records
import SessionInterface
import Synchronization

/// What is compared, and on what.
public struct EvaluationOptions: Sendable {
  public var suite: any EvaluationSuite
  /// The first is what the others are compared with.
  public var configurations: [CacheConfiguration]
  /// Each bounded configuration is tried with each.
  public var budgets: [MemoryBudget]
  /// How questions are answered; budget and policy are the configurations'.
  public var dialogue: DialogueOptions
  /// A file for every answer; nil keeps them in memory alone.
  public var output: String?
  public var isResuming: Bool
  /// Told after each answer.
  public var report: @Sendable (EvaluationStep) -> Void

  public init(
    suite: any EvaluationSuite, configurations: [CacheConfiguration], budgets: [MemoryBudget],
    dialogue: DialogueOptions = DialogueOptions(maximumAnswerTokens: 128), output: String? = nil,
    isResuming: Bool = false, report: @escaping @Sendable (EvaluationStep) -> Void = { _ in }
  ) {
    self.suite = suite
    self.configurations = configurations
    self.budgets = budgets
    self.dialogue = dialogue
    self.output = output
    self.isResuming = isResuming
    self.report = report
  }
}

/// Where an evaluation is.
public struct EvaluationStep: Sendable, Equatable {
  /// Answers given, those of an earlier run included, and how many there are to be.
  public var answers: Int
  public var answersInAll: Int
  /// Answers that an earlier run has left.
  public var resumed: Int
  /// What is under way.
  public var label: String
}

/// Shows every stream of a suite to one model under every configuration.
///
/// The vision tower sees a stream once; what it made of it is kept until all configurations have read it.
public actor EvaluationRunner {
  private let thread = ThreadExecutor(name: "edgeassist-model")
  private let model: LoadedModel
  private let options: EvaluationOptions
  private nonisolated let stop = StopSource()
  private var records: [AnswerRecord] = []
  private var answered: Set<AnswerRecord.Key> = []
  private var step: EvaluationStep
  /// What each bounded configuration held at the end of the stream that it read last.
  public private(set) var retention: [(configuration: String, label: String, map: RetentionMap)] = []

  public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  public init(model: sending LoadedModel, options: EvaluationOptions) {
    self.model = model
    self.options = options
    let questions = options.suite.streams.reduce(0) { $0 + $1.questionCount }
    let runs = options.configurations.reduce(0) { $0 + ($1.isBounded ? options.budgets.count : 1) }
    step = EvaluationStep(answers: 0, answersInAll: questions * runs, resumed: 0, label: "")
  }

  /// Ends the run after the token under way; what has been answered is in the output. From any thread.
  public nonisolated func interrupt() { stop.stop() }

  /// Answers everything that is not answered yet.
  ///
  /// - Returns: all answers, those of an earlier run included, and whether the run was interrupted.
  /// - Throws: `EvaluationError` or `ReportedError`.
  public func run() async throws -> (records: [AnswerRecord], isInterrupted: Bool) {
    let identity = options.suite.identity + [("model", "\(model.name) \(model.fingerprint.digest)")]
    let file = try options.output.map {
      try ResultFile<AnswerRecord>(path: $0, isResuming: options.isResuming, identity: identity)
    }
    records = file?.records ?? []
    answered = Set(records.map(\.key))
    step.answers = records.count
    step.resumed = records.count
    options.report(step)
    for stream in options.suite.streams {
      let runs = runs(of: stream).filter { !isAnswered(stream, $0, $1) }
      if runs.isEmpty { continue }
      step.label = "stream \(stream.number + 1): drawing"
      options.report(step)
      var encoded = EncodedStream(model: model)
      try await options.suite.show(stream, to: &encoded, model: model, on: self)
      try encoded.finish()
      for (configuration, budget) in runs {
        if stop.isStopped { return (records, true) }
        try answer(stream, encoded.patches, configuration, budget, file)
      }
    }
    return (records, stop.isStopped)
  }

  private func runs(of stream: EvaluationStream) -> [(CacheConfiguration, MemoryBudget?)] {
    options.configurations.flatMap { configuration -> [(CacheConfiguration, MemoryBudget?)] in
      configuration.isBounded ? options.budgets.map { (configuration, $0) } : [(configuration, nil)]
    }
  }

  private func isAnswered(
    _ stream: EvaluationStream, _ configuration: CacheConfiguration, _ budget: MemoryBudget?
  ) -> Bool {
    stream.moments.allSatisfy { moment in
      moment.questions.allSatisfy { question in
        answered.contains(
          AnswerRecord.Key(
            configuration: configuration.name, budget: budget?.name, stream: stream.number, question: question.number))
      }
    }
  }

  // MARK: One stream under one configuration

  private func answer(
    _ stream: EvaluationStream, _ patches: [TemporalPatch], _ configuration: CacheConfiguration,
    _ budget: MemoryBudget?, _ file: ResultFile<AnswerRecord>?
  ) throws {
    var run = StreamRun(stream: stream, configuration: configuration, budget: budget)
    step.label = "stream \(stream.number + 1): \(run.label)"
    do throws(ReportedError) {
      try run.answer(
        patches, model: model, options: options.dialogue, isCancelled: { stop.isStopped },
        keep: { record throws(ReportedError) in try keep(record, file) })
      note(run.retention, of: configuration, label: "\(run.label), stream \(stream.number + 1)")
    } catch {
      // A budget that is too small for this stream is a result; whatever else fails ends the run.
      guard error.code == .budgetTooSmall else { throw error }
      for record in run.unanswered(because: error) { try keep(record, file) }
    }
  }

  private func note(_ map: RetentionMap?, of configuration: CacheConfiguration, label: String) {
    guard let map, configuration.isBounded else { return }
    retention.removeAll { $0.configuration == configuration.name }
    retention.append((configuration.name, label, map))
  }

  private func keep(_ record: AnswerRecord, _ file: ResultFile<AnswerRecord>?) throws(ReportedError) {
    guard answered.insert(record.key).inserted else { return }
    records.append(record)
    try file?.write(record)
    step.answers += 1
    options.report(step)
  }
}
