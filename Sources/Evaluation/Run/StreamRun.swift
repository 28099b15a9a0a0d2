// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Inference
import Platform
import Records
import SessionInterface

/// Prefills one stream under one configuration and answers its questions.
struct StreamRun {
  let stream: EvaluationStream
  let configuration: CacheConfiguration
  /// nil for an unbounded configuration.
  let budget: EvaluationBudget?
  private var prefillSeconds = 0.0
  /// What the KV cache retains at the end; nil before.
  private(set) var retention: RetentionMap?
  /// Time of prefilling each of the last temporal patches, in seconds.
  private var lastPatchSeconds: [Double] = []
  private static let patchesTimed = 60

  init(stream: EvaluationStream, configuration: CacheConfiguration, budget: EvaluationBudget?) {
    self.stream = stream
    self.configuration = configuration
    self.budget = budget
  }

  /// The configuration and its budget, for progress and plots.
  var label: String { configuration.name + (budget.map { " " + $0.name } ?? "") }

  /// Prefills the stream and answers its questions, each at its moment.
  ///
  /// - Parameters:
  ///   - patches: the stream, encoded.
  ///   - dialogue: has seen nothing of the stream.
  ///   - stop: looked at before each patch and each token.
  ///   - keep: receives each record.
  /// - Throws: `ReportedError`; with the code `budgetTooSmall` if the budget has no room for the questions.
  mutating func answer(
    _ patches: [TemporalPatch], in dialogue: VideoDialogue, stop: StopSource,
    keep: (AnswerRecord) throws(ReportedError) -> Void
  ) throws(ReportedError) {
    var compressionSeconds = 0.0
    var next = 0
    for moment in stream.moments {
      let start = ContinuousClock.now
      while next < patches.count, patches[next].end < moment.time {
        if stop.isStopped { return }
        let start = ContinuousClock.now
        try dialogue.ingest(patches[next])
        lastPatchSeconds.append((ContinuousClock.now - start) / .seconds(1))
        if lastPatchSeconds.count > Self.patchesTimed { lastPatchSeconds.removeFirst() }
        compressionSeconds += dialogue.takeCompressions().reduce(0) { $0 + $1.seconds }
        next += 1
      }
      if !stream.isConversation { try dialogue.ensureCapacity(forQuestions: moment.questionsWithRoom) }
      prefillSeconds += (ContinuousClock.now - start) / .seconds(1)
      for question in moment.questions {
        let summary = try dialogue.answer(question.ask, at: moment.time, stop: stop)
        if summary.stop == .cancelled { return }
        compressionSeconds += dialogue.takeCompressions().reduce(0) { $0 + $1.seconds }
        var record = record(of: question)
        record.answer = summary.text
        record.answerSeconds = summary.seconds
        record.compressionSeconds = compressionSeconds
        record.firstTokenSeconds = summary.firstTokenSeconds
        record.secondsPerTemporalPatch = lastPatchSeconds.reduce(0, +) / Double(max(lastPatchSeconds.count, 1))
        fill(&record, from: dialogue)
        try keep(record)
        if !stream.isConversation { dialogue.forgetConversation() }
      }
    }
    retention = dialogue.retentionMap()
  }

  /// Records of all questions of the stream, without answers.
  func unanswered(because error: ReportedError) -> [AnswerRecord] {
    stream.moments.flatMap(\.questions).map { question in
      var record = record(of: question)
      record.error = error.message
      return record
    }
  }

  /// An empty dialogue under the configuration, within the budget.
  ///
  /// - Parameter patches: what a budget that is a ratio is a ratio of.
  /// - Throws: `ReportedError`; with the code `budgetTooSmall` if the budget has no room for a system prompt.
  func makeDialogue(
    for patches: [TemporalPatch], model: LoadedModel, options: DialogueOptions
  ) throws(ReportedError) -> VideoDialogue {
    guard let budget else {
      return try VideoDialogue(model: model, options: configuration.applied(to: options, budget: nil))
    }
    var unbounded = options
    unbounded.policy = .full
    unbounded.type = .f16
    unbounded.offload = nil
    let questions = stream.moments.flatMap(\.questions).map(\.ask)
    let longest = questions.max { $0.utf8.count < $1.utf8.count } ?? ""
    let whole = try VideoDialogue(model: model, options: unbounded)
      .wholeByteCount(of: patches.filter { $0.end < stream.end }, question: longest)
    return try VideoDialogue(
      model: model, options: configuration.applied(to: options, budget: budget.cacheBudget(fullCacheBytes: whole)))
  }

  private func record(of question: EvaluationQuestion) -> AnswerRecord {
    var record = AnswerRecord(
      configuration: configuration.name, budget: budget?.name, stream: stream.number, streamKind: stream.kind,
      question: question)
    record.prefillSeconds = prefillSeconds
    return record
  }

  private func fill(_ record: inout AnswerRecord, from dialogue: VideoDialogue) {
    var statistics = SessionStatistics()
    dialogue.describe(into: &statistics)
    record.cachedTokens = statistics.cachedTokens
    record.peakTokens = statistics.peakTokens
    record.cacheBytes = statistics.cacheBytes
    record.compressions = statistics.compressions
    record.residentBytes = ResidentMemory.current()
  }
}

extension EvaluationMoment {
  /// The questions that room is made for before the first is asked. A question for a description comes last, and room
  /// is made for it when it is asked.
  fileprivate var questionsWithRoom: [String] {
    questions.filter { $0.kind != QuestionKind.describe.rawValue }.map(\.ask)
  }
}
