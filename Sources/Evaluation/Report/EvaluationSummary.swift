// SPDX-License-Identifier: Apache-2.0

/// What the answers of an evaluation come to.
public struct EvaluationSummary: Sendable {
  /// One configuration within one budget.
  public struct Cell: Sendable, Equatable {
    public var configuration: String
    public var budget: String?
    public var answers: Int
    public var exact: Interval
    /// Exact match less that of the first configuration on the same questions; nil for the first itself, and where
    /// they share no question.
    public var difference: Interval?
    /// Means over the streams, at their last answers.
    public var held: Double
    public var bytes: Double
    public var passes: Double
    /// Mean time of a pass; nil without one.
    public var secondsPerCompression: Double?
    /// Share of the passes in the time of reading the streams.
    public var compressionShare: Double
    /// Mean times of a frame just before the questions, and of a first word and a whole answer.
    public var secondsPerFrame: Double
    public var secondsToFirstWord: Double
    public var secondsPerAnswer: Double
    /// The most memory that the process had after an answer.
    public var residentBytes: Int
    /// Streams for which the budget was too small.
    public var refused: Int
  }

  /// Exact matches of one group of questions.
  public struct Part: Sendable, Equatable {
    public var name: String
    public var answers: Int
    public var exact: Interval
  }

  /// In the order in which configurations and budgets were named.
  public let cells: [Cell]
  private let records: [AnswerRecord]

  /// - Parameters:
  ///   - configurations: the first is what the others are compared with.
  public init(records: [AnswerRecord], configurations: [CacheConfiguration], budgets: [MemoryBudget]) {
    self.records = records
    let runs = configurations.flatMap { configuration -> [Run] in
      let names = configuration.isBounded ? budgets.map { Optional($0.name) } : [nil]
      return names.map { Run(configuration: configuration.name, budget: $0) }
    }
    let groups = Dictionary(grouping: records) { Run(configuration: $0.configuration, budget: $0.budget) }
    cells = runs.compactMap { run in
      guard let own = groups[run], !own.isEmpty else { return nil }
      // With several budgets, the first configuration is compared with at the same one.
      let first = configurations.first.map {
        Run(configuration: $0.name, budget: $0.isBounded ? run.budget : nil)
      }
      let reference = first == run ? nil : first.flatMap { groups[$0] }
      return Self.cell(run, own, reference: reference)
    }
  }

  private struct Run: Hashable {
    var configuration: String
    var budget: String?
  }

  private static func cell(_ run: Run, _ records: [AnswerRecord], reference: [AnswerRecord]?) -> Cell {
    var last: [Int: AnswerRecord] = [:]
    for record in records where record.error == nil {
      if record.question >= last[record.stream]?.question ?? -1 { last[record.stream] = record }
    }
    let ends = last.values.sorted { $0.stream < $1.stream }
    let mean = { (value: (AnswerRecord) -> Double) in
      ends.isEmpty ? 0 : ends.reduce(0) { $0 + value($1) } / Double(ends.count)
    }
    let passes = ends.reduce(0) { $0 + $1.passes }
    let compressionSeconds = ends.reduce(0) { $0 + $1.compressionMilliseconds } / 1000
    let prefillSeconds = ends.reduce(0) { $0 + $1.prefillMilliseconds } / 1000
    return Cell(
      configuration: run.configuration, budget: run.budget, answers: records.count,
      exact: .share(of: records.count(where: \.isCorrect), in: records.count),
      difference: reference.flatMap { difference(records, $0) }, held: mean { Double($0.held) },
      bytes: mean { Double($0.bytes) }, passes: mean { Double($0.passes) },
      secondsPerCompression: passes > 0 ? compressionSeconds / Double(passes) : nil,
      compressionShare: prefillSeconds > 0 ? compressionSeconds / prefillSeconds : 0,
      secondsPerFrame: mean(\.frameMilliseconds) / 1000,
      secondsToFirstWord: records.reduce(0) { $0 + $1.firstWordMilliseconds } / Double(max(records.count, 1)) / 1000,
      secondsPerAnswer: records.reduce(0) { $0 + $1.answerMilliseconds } / Double(max(records.count, 1)) / 1000,
      residentBytes: records.map(\.residentBytes).max() ?? 0,
      refused: Set(records.filter { $0.error != nil }.map(\.stream)).count)
  }

  /// The paired difference on the questions that both have answered.
  private static func difference(_ records: [AnswerRecord], _ reference: [AnswerRecord]) -> Interval? {
    struct Place: Hashable {
      var stream: Int
      var question: Int
    }
    var hits: [Place: Bool] = [:]
    for record in reference { hits[Place(stream: record.stream, question: record.question)] = record.isCorrect }
    var groups: [Int: (sum: Double, count: Int)] = [:]
    for record in records {
      guard let hit = hits[Place(stream: record.stream, question: record.question)] else { continue }
      let difference = (record.isCorrect ? 1.0 : 0) - (hit ? 1 : 0)
      let group = groups[record.stream] ?? (0, 0)
      groups[record.stream] = (group.sum + difference, group.count + 1)
    }
    if groups.isEmpty { return nil }
    return .mean(ofGroups: groups.sorted { $0.key < $1.key }.map(\.value))
  }

  // MARK: Breakdowns

  /// By which the answers of a cell can be told apart.
  public enum Breakdown: String, Sendable, CaseIterable {
    /// What the question is about.
    case question
    /// Where in the stream the answer lies.
    case place
    /// How the events lie in the stream.
    case stream
  }

  /// The groups that there are, in the order of their enumerations, others after them by name.
  public func groups(_ breakdown: Breakdown) -> [String] {
    let known: [String] =
      switch breakdown {
      case .question: QuestionKind.allCases.map(\.rawValue)
      case .place: AnswerPlace.allCases.map(\.rawValue)
      case .stream: StreamKind.allCases.map(\.rawValue)
      }
    let found = Set(records.compactMap { Self.group($0, breakdown) })
    return known.filter(found.contains) + found.subtracting(known).sorted()
  }

  /// Exact matches of a cell, group by group.
  public func parts(of cell: Cell, by breakdown: Breakdown) -> [Part] {
    let own = records.filter { $0.configuration == cell.configuration && $0.budget == cell.budget }
    return groups(breakdown).compactMap { name in
      let part = own.filter { Self.group($0, breakdown) == name }
      if part.isEmpty { return nil }
      return Part(
        name: name, answers: part.count, exact: .share(of: part.count(where: \.isCorrect), in: part.count))
    }
  }

  private static func group(_ record: AnswerRecord, _ breakdown: Breakdown) -> String? {
    switch breakdown {
    case .question: record.kind
    case .place: record.place?.rawValue
    case .stream: record.streamKind
    }
  }
}
