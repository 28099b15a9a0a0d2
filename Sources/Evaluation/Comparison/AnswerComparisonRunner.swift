// SPDX-License-Identifier: Apache-2.0

import Foundation
import Inference
import Platform
import Records

/// The questions that two models are compared on, and where the results go.
public struct AnswerComparisonOptions: Sendable {
  /// JSON Lines: requests as a batch has them, with `answer` beside each question, or conversations with `messages`.
  public var data: String
  /// JSON Lines with `id`, `answer` and, if known, `turn`; nil where the requests have their answers.
  public var answers: String?
  /// Questions at most; nil for all.
  public var questions: Int?
  /// The file for the records; nil keeps them in memory only.
  public var output: String?
  /// Whether the records of an earlier run are kept.
  public var isResuming: Bool
  /// Called after each question, with the questions done and those in all.
  public var report: @Sendable (Int, Int) -> Void

  /// Memberwise; checks nothing.
  public init(
    data: String, answers: String? = nil, questions: Int? = nil, output: String? = nil, isResuming: Bool = false,
    report: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
  ) {
    self.data = data
    self.answers = answers
    self.questions = questions
    self.output = output
    self.isResuming = isResuming
    self.report = report
  }

  /// Whether a file holds questions, and not a text.
  public static func isFileOfQuestions(_ path: String) -> Bool { ConversationFile.isAt(path) }
}

/// Compares the answers of a candidate with those of a reference, and how both predict the right ones.
///
/// Earlier turns of a conversation have their right answers for both. Both read videos with the reference's vision
/// tower, which encodes each once.
public actor AnswerComparisonRunner {
  private let thread: ThreadExecutor
  private let reference: LoadedModel
  private let candidate: LoadedModel
  private let options: AnswerComparisonOptions
  private nonisolated let stop = StopSource()
  /// nil where nothing is written. A member, because Swift 6.2 does not see that a local one stays on this actor.
  private var file: ResultFile<AnswerComparisonRecord>?
  private var reader: ConversationReader
  private var records: [AnswerComparisonRecord] = []

  /// The longest answer, in tokens.
  private static let longestAnswer = 128

  /// The thread that the models run on.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// Takes the models over: nobody else may use them while this runner lives.
  ///
  /// - Throws: `ReportedError` with the code `insufficient_threads`.
  public init(
    reference: sending LoadedModel, candidate: sending LoadedModel, options: AnswerComparisonOptions
  ) throws(ReportedError) {
    thread = try ThreadExecutor(reporting: "model")
    self.reference = reference
    self.candidate = candidate
    self.options = options
    reader = ConversationReader(path: options.data, maximumAnswerTokens: Self.longestAnswer)
  }

  /// Ends the run after the current token. Finished records are in the output. May be called from any thread.
  public nonisolated func interrupt() { stop.stop() }

  /// Identity of the comparison, as values by name.
  public var identity: [(name: String, value: String)] {
    [
      ("suite", "compare-answers"), ("data", (options.data as NSString).lastPathComponent),
      ("model", reference.identity),
      ("candidate", candidate.identity),
    ] + (candidate.language.activationCast.map { [("activations", $0.rawValue)] } ?? [])
  }

  /// Asks both models every question that has no record yet.
  ///
  /// - Returns: all records, with those of an earlier run, and whether the run was interrupted.
  /// - Throws: `EvaluationError`, `ReportedError`, or `VideoError` for a video that cannot be read.
  public func run() async throws -> (records: [AnswerComparisonRecord], isInterrupted: Bool) {
    do { try await compareAll() } catch {
      // An error after a stop comes from that and is no failure of the run.
      if !stop.isStopped { throw error }
    }
    return (records, stop.isStopped)
  }

  private func compareAll() async throws {
    let conversations = try ConversationFile(path: options.data, answers: options.answers).conversations
    var ids: Set<String> = []
    for conversation in conversations {
      guard ids.insert(conversation.id).inserted else {
        throw EvaluationError.badLine(
          path: options.data, line: conversation.line, detail: "an earlier line has the id “\(conversation.id)” too")
      }
      if let turn = conversation.turns.firstIndex(where: { $0.answer == nil }) {
        throw EvaluationError.badLine(
          path: options.data, line: conversation.line,
          detail: "turn \(turn) has no answer; add “answer” to it, or name a file of answers with --answers")
      }
    }
    try checkVocabularies(conversations)
    file = try options.output.map {
      try ResultFile<AnswerComparisonRecord>(path: $0, isResuming: options.isResuming, identity: identity, stop: stop)
    }
    var wanted: [Key: Int] = [:]
    for conversation in conversations {
      for turn in conversation.turns.indices where wanted.count < options.questions ?? .max {
        wanted[Key(id: conversation.id, turn: turn)] = wanted.count
      }
    }
    records = (file?.records ?? []).filter { $0.isWhole && wanted[Key(id: $0.id, turn: $0.turn)] != nil }
    let done = Set(records.map { Key(id: $0.id, turn: $0.turn) })
    options.report(records.count, wanted.count)
    for conversation in conversations {
      let turns = conversation.turns.indices.filter {
        let key = Key(id: conversation.id, turn: $0)
        return wanted[key] != nil && !done.contains(key)
      }
      guard !turns.isEmpty else { continue }
      var reader = reader
      guard let patches = try await reader.patches(of: conversation, model: reference, stop: stop, on: self) else {
        return
      }
      self.reader = reader
      try compare(conversation, turns: turns, patches: patches, of: wanted.count)
      if stop.isStopped { return }
    }
    records.sort { wanted[Key(id: $0.id, turn: $0.turn)] ?? 0 < wanted[Key(id: $1.id, turn: $1.turn)] ?? 0 }
  }

  private struct Key: Hashable {
    var id: String
    var turn: Int
  }

  private func checkVocabularies(_ conversations: [Conversation]) throws {
    for turn in conversations.flatMap(\.turns).prefix(100) {
      let answer = turn.answer ?? ""
      guard
        reference.tokenizer.encode(answer, parsingSpecialTokens: false)
          == candidate.tokenizer.encode(answer, parsingSpecialTokens: false)
      else {
        throw ReportedError.requestMalformed(
          message: "the two models have different vocabularies: they encode answers of \(options.data) differently and "
            + "cannot be compared")
      }
    }
  }

  private func compare(
    _ conversation: Conversation, turns: [Int], patches: [TemporalPatch], of all: Int
  ) throws {
    var left = try reader.dialogue(of: conversation, model: reference)
    var right = try reader.dialogue(of: conversation, model: candidate)
    for turn in turns {
      guard try left.ingest(patches, until: turn, stop: stop), try right.ingest(patches, until: turn, stop: stop),
        let tokens = left.answerTokens(of: turn)
      else { return }
      let asked = conversation.turns[turn]
      var record = AnswerComparisonRecord(
        id: conversation.id, turn: turn, ask: asked.question, expected: asked.answer ?? "")
      if tokens.isEmpty {
        throw EvaluationError.badLine(
          path: options.data, line: conversation.line, detail: "the answer of turn \(turn) is empty")
      }
      let pairs = zip(try left.logits(of: turn, answer: tokens), try right.logits(of: turn, answer: tokens))
      for (token, (left, right)) in zip(tokens, pairs) {
        guard let comparison = TokenComparison(of: token, reference: left, candidate: right) else {
          throw ReportedError(
            .computation,
            "\(options.data), line \(conversation.line): the logits are not numbers; a model's weights are damaged")
        }
        record.add(comparison)
      }
      guard let first = try left.answer(turn, stop: stop), let second = try right.answer(turn, stop: stop) else {
        return
      }
      record.referenceAnswer = first.text
      record.candidateAnswer = second.text
      records.append(record)
      try file?.write(record)
      options.report(records.count, all)
    }
  }
}
