// SPDX-License-Identifier: Apache-2.0

import Records

/// The results of an evaluation, summed up for each configuration and budget.
public struct EvaluationSummary: Sendable {
  /// One configuration within one budget.
  public struct Row: Sendable, Equatable, Encodable {
    /// The configuration's specification.
    public var configuration: String
    /// nil for an unbounded configuration.
    public var budget: String?
    /// Number of answers.
    public var answers: Int
    /// Ratio of the answers that are correct.
    public var exactMatch: ConfidenceInterval
    /// Exact match less that of the first configuration on the same questions; nil for the first itself, and where
    /// they share no question.
    public var difference: ConfidenceInterval?
    /// Means over the streams, after their last answers.
    public var cachedTokens: Double
    /// Bytes of keys and values, mean over the streams.
    public var cacheBytes: Double
    /// Compressions, mean over the streams.
    public var compressions: Double
    /// Mean time of a compression; nil without one.
    public var secondsPerCompression: Double?
    /// Time of compressions as a ratio of the time of prefilling the streams.
    public var compressionTimeRatio: Double
    /// Mean times: of prefilling a temporal patch just before the questions, to an answer's first token, and to its
    /// end.
    public var secondsPerTemporalPatch: Double
    /// Mean time from a question to the first token of its answer.
    public var firstTokenSeconds: Double
    /// Mean time from a question to the end of its answer.
    public var answerSeconds: Double
    /// Most resident memory of the process after an answer.
    public var residentBytes: Int
    /// Streams for which the budget was too small.
    public var refusedStreams: Int
    /// Exact match by kind of question.
    public var byQuestion: [String: Part]
    /// Exact match by the part of the stream that holds the answer.
    public var byPosition: [String: Part]
    /// Exact match by kind of stream.
    public var byStream: [String: Part]

    /// Exact match in each group of answers, by the group's name.
    public func parts(by breakdown: Breakdown) -> [String: Part] {
      switch breakdown {
      case .question: byQuestion
      case .position: byPosition
      case .stream: byStream
      }
    }
  }

  /// Exact match in one group of answers.
  public struct Part: Sendable, Equatable, Encodable {
    /// Number of answers.
    public var answers: Int
    /// Ratio of these answers that are correct.
    public var exactMatch: ConfidenceInterval
  }

  /// Property by which answers are grouped.
  public enum Breakdown: String, Sendable, CaseIterable {
    /// Kind of the question, by its subject.
    case question
    /// Part of the stream that holds the answer.
    case position
    /// Arrangement of the events in the stream.
    case stream
  }

  /// In the order in which configurations and budgets were named.
  public let rows: [Row]

  /// - Parameter configurations: all are compared with the first.
  public init(records: [AnswerRecord], configurations: [CacheConfiguration], budgets: [EvaluationBudget]) {
    let runs = configurations.flatMap { configuration -> [Run] in
      let names = configuration.isBounded ? budgets.map { Optional($0.name) } : [nil]
      return names.map { Run(configuration: configuration.name, budget: $0) }
    }
    let groups = Dictionary(grouping: records) { Run(configuration: $0.configuration, budget: $0.budget) }
    rows = runs.compactMap { run in
      guard let own = groups[run], !own.isEmpty else { return nil }
      // A bounded first configuration is compared with at the same budget.
      let first = configurations.first.map {
        Run(configuration: $0.name, budget: $0.isBounded ? run.budget : nil)
      }
      let reference = first == run ? nil : first.flatMap { groups[$0] }
      return Self.row(run, own, reference: reference)
    }
  }

  /// The groups of a breakdown that have answers: known ones in the order of their enumerations, then others by name.
  public func groups(by breakdown: Breakdown) -> [String] {
    let known: [String] =
      switch breakdown {
      case .question: QuestionKind.allCases.map(\.rawValue)
      case .position: AnswerPosition.allCases.map(\.rawValue)
      case .stream: StreamKind.allCases.map(\.rawValue)
      }
    let found = Set(rows.flatMap { $0.parts(by: breakdown).keys })
    return known.filter(found.contains) + found.subtracting(known).sorted()
  }

  /// The whole summary as one JSON object.
  ///
  /// - Parameters:
  ///   - identity: of the evaluation, as names and values.
  ///   - isComplete: false for a run that was stopped.
  public func json(identity: [(name: String, value: String)], isComplete: Bool) -> String {
    SnakeCaseJSON.text(of: SummaryJSON(identity: identity, isComplete: isComplete, results: rows))
  }

  private struct Run: Hashable {
    var configuration: String
    var budget: String?
  }

  // MARK: One row

  private static func row(_ run: Run, _ records: [AnswerRecord], reference: [AnswerRecord]?) -> Row {
    var last: [Int: AnswerRecord] = [:]
    for record in records where record.error == nil {
      if record.question >= last[record.stream]?.question ?? -1 { last[record.stream] = record }
    }
    let ends = last.values.sorted { $0.stream < $1.stream }
    let meanOfStreams = { (value: (AnswerRecord) -> Double) in
      ends.isEmpty ? 0 : ends.reduce(0) { $0 + value($1) } / Double(ends.count)
    }
    let meanOfAnswers = { (value: (AnswerRecord) -> Double) in
      records.reduce(0) { $0 + value($1) } / Double(max(records.count, 1))
    }
    let compressions = ends.reduce(0) { $0 + $1.compressions }
    let compressionSeconds = ends.reduce(0) { $0 + $1.compressionSeconds }
    let prefillSeconds = ends.reduce(0) { $0 + $1.prefillSeconds }
    return Row(
      configuration: run.configuration, budget: run.budget, answers: records.count,
      exactMatch: .share(of: records.count(where: \.isCorrect), in: records.count),
      difference: reference.flatMap { difference(records, $0) },
      cachedTokens: meanOfStreams { Double($0.cachedTokens) }, cacheBytes: meanOfStreams { Double($0.cacheBytes) },
      compressions: meanOfStreams { Double($0.compressions) },
      secondsPerCompression: compressions > 0 ? compressionSeconds / Double(compressions) : nil,
      compressionTimeRatio: prefillSeconds > 0 ? compressionSeconds / prefillSeconds : 0,
      secondsPerTemporalPatch: meanOfStreams(\.secondsPerTemporalPatch),
      firstTokenSeconds: meanOfAnswers(\.firstTokenSeconds), answerSeconds: meanOfAnswers(\.answerSeconds),
      residentBytes: records.map(\.residentBytes).max() ?? 0,
      refusedStreams: Set(records.filter { $0.error != nil }.map(\.stream)).count,
      byQuestion: parts(records) { $0.questionKind }, byPosition: parts(records) { $0.position?.rawValue },
      byStream: parts(records) { $0.streamKind })
  }

  private static func parts(_ records: [AnswerRecord], by group: (AnswerRecord) -> String?) -> [String: Part] {
    var groups: [String: [AnswerRecord]] = [:]
    for record in records { if let name = group(record) { groups[name, default: []].append(record) } }
    return groups.mapValues { own in
      Part(answers: own.count, exactMatch: .share(of: own.count(where: \.isCorrect), in: own.count))
    }
  }

  /// The paired difference on the questions that both have answered.
  private static func difference(_ records: [AnswerRecord], _ reference: [AnswerRecord]) -> ConfidenceInterval? {
    struct Question: Hashable {
      var stream: Int
      var number: Int
    }
    var hits: [Question: Bool] = [:]
    for record in reference { hits[Question(stream: record.stream, number: record.question)] = record.isCorrect }
    var groups: [Int: (sum: Double, count: Int)] = [:]
    for record in records {
      guard let hit = hits[Question(stream: record.stream, number: record.question)] else { continue }
      let difference = (record.isCorrect ? 1.0 : 0) - (hit ? 1 : 0)
      let group = groups[record.stream] ?? (0, 0)
      groups[record.stream] = (group.sum + difference, group.count + 1)
    }
    if groups.isEmpty { return nil }
    return .mean(ofGroups: groups.sorted { $0.key < $1.key }.map(\.value))
  }
}
