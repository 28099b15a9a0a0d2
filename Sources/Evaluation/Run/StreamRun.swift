// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Inference
import Platform
import Records
import SessionInterface

/// One stream read under one configuration, and its questions answered.
struct StreamRun {
  let stream: EvaluationStream
  let configuration: CacheConfiguration
  let budget: MemoryBudget?
  private var prefillSeconds = 0.0
  /// What was held at the end; nil before.
  private(set) var retention: RetentionMap?
  /// What reading each of the last frames took, in seconds: a minute of two pictures a second.
  private var lastFrames: [Double] = []
  private static let framesTimed = 60

  init(stream: EvaluationStream, configuration: CacheConfiguration, budget: MemoryBudget?) {
    self.stream = stream
    self.configuration = configuration
    self.budget = budget
  }

  var label: String { configuration.name + (budget.map { " " + $0.name } ?? "") }

  /// Reads the stream and answers its questions, each as soon as its moment has come.
  ///
  /// - Parameter keep: receives each answer.
  mutating func answer(
    _ patches: [TemporalPatch], model: LoadedModel, options: DialogueOptions, isCancelled: () -> Bool,
    keep: (AnswerRecord) throws(ReportedError) -> Void
  ) throws(ReportedError) {
    var compressionSeconds = 0.0
    let dialogue = try dialogue(for: patches, model: model, options: options)
    var next = 0
    for moment in stream.moments {
      let start = ContinuousClock.now
      while next < patches.count, patches[next].end < moment.time {
        if isCancelled() { return }
        let start = ContinuousClock.now
        try dialogue.ingest(patches[next])
        lastFrames.append((ContinuousClock.now - start) / .seconds(1))
        if lastFrames.count > Self.framesTimed { lastFrames.removeFirst() }
        compressionSeconds += dialogue.takeCompressions().reduce(0) { $0 + $1.seconds }
        next += 1
      }
      if !stream.isConversation { try dialogue.ensureCapacity(forQuestions: moment.roomFor) }
      prefillSeconds += (ContinuousClock.now - start) / .seconds(1)
      for question in moment.questions {
        let summary = try dialogue.answer(question.ask, at: moment.time, isCancelled: isCancelled, emit: { _ in })
        if summary.stop == .cancelled { return }
        compressionSeconds += dialogue.takeCompressions().reduce(0) { $0 + $1.seconds }
        var record = record(of: question)
        record.answer = summary.text
        record.answerMilliseconds = summary.seconds * 1000
        record.compressionMilliseconds = compressionSeconds * 1000
        record.firstWordMilliseconds = summary.firstTokenSeconds * 1000
        record.frameMilliseconds = lastFrames.reduce(0, +) / Double(max(lastFrames.count, 1)) * 1000
        fill(&record, from: dialogue)
        try keep(record)
        if !stream.isConversation { dialogue.forgetConversation() }
      }
    }
    retention = dialogue.retentionMap()
  }

  /// Answers that were not given, for the whole stream.
  func unanswered(because error: ReportedError) -> [AnswerRecord] {
    stream.moments.flatMap(\.questions).map { question in
      var record = record(of: question)
      record.error = error.message
      return record
    }
  }

  private func dialogue(
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
      model: model, options: configuration.applied(to: options, budget: budget.budget(ofWhole: whole)))
  }

  private func record(of question: EvaluationQuestion) -> AnswerRecord {
    AnswerRecord(
      configuration: configuration.name, budget: budget?.name, stream: stream.number, streamKind: stream.kind,
      question: question.number, kind: question.kind, place: question.place, ask: question.ask,
      expected: question.answer, answer: nil, error: nil, held: 0, peak: 0, bytes: 0, passes: 0,
      compressionMilliseconds: 0,
      prefillMilliseconds: prefillSeconds * 1000, answerMilliseconds: 0)
  }

  private func fill(_ record: inout AnswerRecord, from dialogue: VideoDialogue) {
    var statistics = SessionStatistics()
    dialogue.describe(into: &statistics)
    record.held = statistics.cachedTokens
    record.peak = statistics.peakTokens
    record.bytes = statistics.cacheBytes
    record.passes = statistics.compressions
    record.residentBytes = ResidentMemory.current()
  }
}

extension EvaluationMoment {
  /// The questions that room is made for before the first is asked. One to be described comes last and may make its
  /// own.
  fileprivate var roomFor: [String] {
    questions.filter { $0.kind != QuestionKind.describe.rawValue }.map(\.ask)
  }
}
