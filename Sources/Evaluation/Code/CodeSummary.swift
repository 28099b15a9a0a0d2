// SPDX-License-Identifier: Apache-2.0

/// What working on many tasks comes to, way by way.
public struct CodeSummary: Sendable {
  /// One way of working.
  public struct Row: Sendable, Equatable {
    public var way: CodeWay
    /// Tasks with hidden tests; pass@1 is of these.
    public var tasks: Int
    public var passed: Interval
    /// pass@1 less that of the first way on the same tasks; nil for the first itself.
    public var difference: Interval?
    /// Programs that pass the examples that the roles could see.
    public var passedExamples: Interval
    /// Of the solved tasks: how many were solved by a program that the debugger had corrected.
    public var debuggerWins: Int
    public var solved: Int
    public var repliesMended: Int
    public var repliesLost: Int
    /// Means over the tasks.
    public var promptTokens: Double
    public var answerTokens: Double
    public var seconds: Double
    /// Tasks that could not be worked on; they count as not solved.
    public var failed: Int
  }

  /// pass@1 of a group of tasks.
  public struct Part: Sendable, Equatable {
    public var name: String
    public var tasks: Int
    public var passed: Interval
  }

  /// In the order in which the ways were named.
  public let rows: [Row]
  private let records: [CodeRecord]

  /// - Parameter ways: the first is what the others are compared with.
  public init(records: [CodeRecord], ways: [CodeWay]) {
    self.records = records
    let groups = Dictionary(grouping: records, by: \.way)
    rows = ways.compactMap { way in
      guard let own = groups[way.rawValue], !own.isEmpty else { return nil }
      let reference = way == ways.first ? nil : ways.first.flatMap { groups[$0.rawValue] }
      return Self.row(way, own, reference: reference)
    }
  }

  private static func row(_ way: CodeWay, _ records: [CodeRecord], reference: [CodeRecord]?) -> Row {
    let tested = records.filter(isTested)
    let solved = tested.filter { $0.isSolved == true }
    let shown = records.filter { $0.examples > 0 }
    let mean = { (value: (CodeRecord) -> Double) in records.reduce(0) { $0 + value($1) } / Double(records.count) }
    return Row(
      way: way, tasks: tested.count, passed: .share(of: solved.count, in: tested.count),
      difference: reference.flatMap { difference(tested, $0) },
      passedExamples: .share(of: shown.count { $0.examplesPassed == $0.examples }, in: shown.count),
      debuggerWins: solved.count { $0.round > 0 }, solved: solved.count,
      repliesMended: records.reduce(0) { $0 + $1.repliesMended },
      repliesLost: records.reduce(0) { $0 + $1.repliesLost }, promptTokens: mean { Double($0.promptTokens) },
      answerTokens: mean { Double($0.answerTokens) }, seconds: mean { $0.milliseconds / 1000 },
      failed: records.count { $0.error != nil })
  }

  /// What could not be worked on counts, so that no way gains by failing.
  private static func isTested(_ record: CodeRecord) -> Bool { record.isSolved != nil || record.error != nil }

  /// The paired difference on the tasks that both have worked on.
  private static func difference(_ records: [CodeRecord], _ reference: [CodeRecord]) -> Interval? {
    let hits = Dictionary(
      reference.filter(isTested).map { ($0.task, $0.isSolved == true) }, uniquingKeysWith: { first, _ in first })
    let groups = records.compactMap { record -> (sum: Double, count: Int)? in
      hits[record.task].map { ((record.isSolved == true ? 1.0 : 0) - ($0 ? 1 : 0), 1) }
    }
    return groups.isEmpty ? nil : .mean(ofGroups: groups)
  }

  // MARK: Breakdowns

  /// The kinds and tags that there are, kinds first, each in alphabetical order.
  public var groups: [String] {
    let kinds = Set(records.compactMap(\.kind))
    return kinds.sorted() + Set(records.flatMap(\.tags)).subtracting(kinds).sorted()
  }

  /// pass@1 of a way, group by group.
  public func parts(of way: CodeWay) -> [Part] {
    let own = records.filter { $0.way == way.rawValue && Self.isTested($0) }
    return groups.compactMap { name in
      let part = own.filter { $0.kind == name || $0.tags.contains(name) }
      if part.isEmpty { return nil }
      return Part(
        name: name, tasks: part.count, passed: .share(of: part.count { $0.isSolved == true }, in: part.count))
    }
  }
}
