// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Inference
import Platform
import Records
import SessionInterface

/// Prefills one stream under one configuration and answers its questions. The records are pulled, one by one:
///
///     while let record = try run.next(of: patches, in: dialogue, stop: stop) { try keep(record) }
struct StreamRun {
  let stream: EvaluationStream
  let configuration: CacheConfiguration
  /// nil for an unbounded configuration.
  let budget: EvaluationBudget?
  /// The moments that are still to come.
  private var moments: ArraySlice<EvaluationMoment>
  /// The stream time of the present moment, in seconds.
  private var time = 0.0
  /// The questions of the present moment that are still to be asked.
  private var questions: ArraySlice<EvaluationQuestion> = []
  private var patchesIngested = 0
  private var prefillSeconds = 0.0
  private var compressionSeconds = 0.0
  /// Retention map of the KV cache at the end; nil before.
  private(set) var retention: RetentionMap?
  /// Time of prefilling each of the last temporal patches, in seconds.
  private var lastPatchSeconds: [Double] = []
  private static let patchesTimed = 60

  init(stream: EvaluationStream, configuration: CacheConfiguration, budget: EvaluationBudget?) {
    self.stream = stream
    self.configuration = configuration
    self.budget = budget
    moments = stream.moments[...]
  }

  /// The configuration and its budget, for progress and plots.
  var label: String { configuration.name + (budget.map { " " + $0.name } ?? "") }

  /// Prefills the stream up to the next question, and answers it.
  ///
  /// - Parameters:
  ///   - patches: the stream, encoded; the same in every call.
  ///   - dialogue: has seen nothing of the stream before the first call.
  ///   - stop: looked at before each patch and each token.
  /// - Returns: nil once every question has a record, and after a stop.
  /// - Throws: `ReportedError`; with the code `budgetTooSmall` if the budget has no room for the questions.
  mutating func next(
    of patches: [TemporalPatch], in dialogue: VideoDialogue, stop: StopSource
  ) throws(ReportedError) -> AnswerRecord? {
    while questions.isEmpty {
      guard let moment = moments.popFirst() else {
        retention = dialogue.retentionMap()
        return nil
      }
      guard try prefill(patches, until: moment, in: dialogue, stop: stop) else { return nil }
    }
    let question = questions.removeFirst()
    let summary = try dialogue.answer(question.ask, at: time, stop: stop)
    if summary.stop == .cancelled { return nil }
    noteCompressions(of: dialogue)
    var record = record(of: question)
    record.answer = summary.text
    record.answerSeconds = summary.seconds
    record.compressionSeconds = compressionSeconds
    record.firstTokenSeconds = summary.firstTokenSeconds
    record.secondsPerTemporalPatch = lastPatchSeconds.reduce(0, +) / Double(max(lastPatchSeconds.count, 1))
    fill(&record, from: dialogue)
    if !stream.isConversation { dialogue.forgetConversation() }
    return record
  }

  /// Prefills the patches before a moment, which is the present one then.
  ///
  /// - Returns: false where it was stopped.
  private mutating func prefill(
    _ patches: [TemporalPatch], until moment: EvaluationMoment, in dialogue: VideoDialogue, stop: StopSource
  ) throws(ReportedError) -> Bool {
    let start = ContinuousClock.now
    while patchesIngested < patches.count, patches[patchesIngested].end < moment.time {
      if stop.isStopped { return false }
      let start = ContinuousClock.now
      try dialogue.ingest(patches[patchesIngested])
      lastPatchSeconds.append((ContinuousClock.now - start) / .seconds(1))
      if lastPatchSeconds.count > Self.patchesTimed { lastPatchSeconds.removeFirst() }
      noteCompressions(of: dialogue)
      patchesIngested += 1
    }
    if !stream.isConversation { try dialogue.ensureCapacity(forQuestions: moment.questionsWithRoom) }
    prefillSeconds += (ContinuousClock.now - start) / .seconds(1)
    time = moment.time
    questions = moment.questions[...]
    return true
  }

  private mutating func noteCompressions(of dialogue: VideoDialogue) {
    compressionSeconds += dialogue.takeCompressions().reduce(0) { $0 + $1.seconds }
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
  /// - Parameter patches: all that the dialogue will read, the base of a budget that is a ratio.
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
