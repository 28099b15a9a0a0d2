// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Inference
import Platform
import Records
import SessionInterface
import Synchronization

/// The configurations that are compared, and the questions they are compared on.
public struct EvaluationOptions: Sendable {
  /// The streams and questions.
  public var suite: any EvaluationSuite
  /// All are compared with the first.
  public var configurations: [CacheConfiguration]
  /// Each bounded configuration is evaluated with each budget.
  public var budgets: [EvaluationBudget]
  /// How questions are answered. Each configuration sets its own policy, budget and type.
  public var dialogue: DialogueOptions
  /// The file for the records; nil keeps them in memory only.
  public var output: String?
  /// Whether the records of an earlier run are kept.
  public var isResuming: Bool
  /// Called after each answer.
  public var report: @Sendable (EvaluationStep) -> Void

  /// Answers of at most 128 tokens, kept in memory only, unless said otherwise.
  public init(
    suite: any EvaluationSuite, configurations: [CacheConfiguration], budgets: [EvaluationBudget],
    dialogue: DialogueOptions = Self.defaultDialogue, output: String? = nil,
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

extension EvaluationOptions {
  /// Answers are short: 128 tokens are enough for the longest right one.
  public static var defaultDialogue: DialogueOptions {
    var options = DialogueOptions()
    options.maximumAnswerTokens = 128
    return options
  }
}

/// The progress of an evaluation.
public struct EvaluationStep: Sendable, Equatable {
  /// Answers so far, with those of an earlier run.
  public var answers: Int
  /// Answers that there will be.
  public var answersInAll: Int
  /// Answers of an earlier run.
  public var resumed: Int
  /// Name of the work under way.
  public var label: String
}

/// Evaluates every configuration on every stream of a suite, with one model.
///
/// The vision tower encodes a stream once. Its temporal patches are kept until all configurations have prefilled them.
public actor EvaluationRunner {
  private let thread: ThreadExecutor
  private let model: LoadedModel
  private let options: EvaluationOptions
  private nonisolated let stop = StopSource()
  /// nil where nothing is written. A member, because Swift 6.2 does not see that a local one stays on this actor.
  private var file: ResultFile<AnswerRecord>?
  private var records: [AnswerRecord] = []
  private var warmup = Warmup([])
  private var answered: Set<AnswerRecord.Key> = []
  private var step: EvaluationStep
  /// Retention maps of the KV cache at the end of the last stream, one for each bounded configuration.
  public private(set) var retention: [(configuration: String, label: String, map: RetentionMap)] = []

  /// The thread that the model runs on.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// Takes the model over: nobody else may use it while this runner lives.
  ///
  /// - Throws: `ReportedError` with the code `insufficient_threads`.
  public init(model: sending LoadedModel, options: EvaluationOptions) throws(ReportedError) {
    thread = try ThreadExecutor(reporting: "model")
    self.model = model
    self.options = options
    let questions = options.suite.streams.reduce(0) { $0 + $1.questionCount }
    let runs = options.configurations.reduce(0) { $0 + ($1.isBounded ? options.budgets.count : 1) }
    step = EvaluationStep(answers: 0, answersInAll: questions * runs, resumed: 0, label: "")
  }

  /// Ends the run after the current token. Finished records are in the output. May be called from any thread.
  public nonisolated func interrupt() { stop.stop() }

  /// Answers every question that has no record yet.
  ///
  /// - Returns: all records, with those of an earlier run, and whether the run was interrupted.
  /// - Throws: `EvaluationError` or `ReportedError`.
  public func run() async throws -> (records: [AnswerRecord], isInterrupted: Bool) {
    do { try await answerAll() } catch {
      // A wait that a stop ends has no result. An error after a stop comes from that and is no failure of the run.
      if !stop.isStopped { throw error }
    }
    return (records, stop.isStopped)
  }

  private func answerAll() async throws {
    let identity = options.suite.identity + [("model", model.identity)]
    file = try options.output.map {
      try ResultFile<AnswerRecord>(path: $0, isResuming: options.isResuming, identity: identity, stop: stop)
    }
    records = file?.records ?? []
    answered = Set(records.map(\.key))
    step.answers = records.count
    step.resumed = records.count
    options.report(step)
    step.label = "warm-up: drawing"
    var encodedWarmup = EncodedTemporalPatches(model: model)
    try options.suite.showWarmup(to: &encodedWarmup, model: model, stop: stop)
    warmup = Warmup(encodedWarmup.patches)
    for stream in options.suite.streams {
      let runs = runs(of: stream).filter { !isAnswered(stream, $0, $1) }
      if runs.isEmpty { continue }
      step.label = "stream \(stream.number + 1): drawing"
      options.report(step)
      var encoded = EncodedTemporalPatches(model: model)
      try await options.suite.show(stream, to: &encoded, model: model, stop: stop, on: self)
      if stop.isStopped { return }
      try encoded.finish()
      for (configuration, budget) in runs {
        if stop.isStopped { return }
        try answer(stream, encoded.patches, configuration, budget)
      }
    }
  }

  private func runs(of stream: EvaluationStream) -> [(CacheConfiguration, EvaluationBudget?)] {
    options.configurations.flatMap { configuration -> [(CacheConfiguration, EvaluationBudget?)] in
      configuration.isBounded ? options.budgets.map { (configuration, $0) } : [(configuration, nil)]
    }
  }

  private func isAnswered(
    _ stream: EvaluationStream, _ configuration: CacheConfiguration, _ budget: EvaluationBudget?
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
    _ budget: EvaluationBudget?
  ) throws {
    var run = StreamRun(stream: stream, configuration: configuration, budget: budget)
    do throws(ReportedError) {
      guard let dialogue = try dialogue(of: run, for: patches) else { return }
      step.label = "stream \(stream.number + 1): \(run.label)"
      while let record = try run.next(of: patches, in: dialogue, stop: stop) { try keep(record) }
      note(run.retention, of: configuration, label: "\(run.label), stream \(stream.number + 1)")
    } catch {
      // A budget that is too small for this stream is a result. Any other error ends the run.
      guard error.code == .budgetTooSmall else { throw error }
      for record in run.unanswered(because: error) { try keep(record) }
    }
  }

  /// A dialogue that has seen the warm-up before the stream; nil where it was stopped.
  private func dialogue(of run: StreamRun, for patches: [TemporalPatch]) throws(ReportedError) -> VideoDialogue? {
    if warmup.patches.isEmpty { return try run.makeDialogue(for: patches, model: model, options: options.dialogue) }
    return try warmup.dialogue(of: run, for: patches, model: model, options: options.dialogue, stop: stop) { seconds in
      step.label = "warm-up, \(clock(seconds)): \(run.label)"
      options.report(step)
    }
  }

  private func note(_ map: RetentionMap?, of configuration: CacheConfiguration, label: String) {
    guard let map, configuration.isBounded else { return }
    retention.removeAll { $0.configuration == configuration.name }
    retention.append((configuration.name, label, map))
  }

  private func keep(_ record: AnswerRecord) throws(ReportedError) {
    guard answered.insert(record.key).inserted else { return }
    records.append(record)
    try file?.write(record)
    step.answers += 1
    options.report(step)
  }
}
