// SPDX-License-Identifier: Apache-2.0

import Records

/// The results of programming tasks, summed up for each method.
public struct CodeSummary: Sendable {
  /// One method.
  public struct Row: Sendable, Equatable, Encodable {
    /// The method of the row.
    public var method: CodeMethod
    /// Tasks with hidden tests; pass@1 is of these.
    public var tasks: Int
    /// pass@1: the ratio of these tasks whose hidden tests all pass.
    public var passed: ConfidenceInterval
    /// pass@1 less that of the first method on the same tasks; nil for the first itself.
    public var difference: ConfidenceInterval?
    /// Ratio of the programs that pass the examples that the roles see.
    public var passedExamples: ConfidenceInterval
    /// Solved tasks whose program the debugger had corrected.
    public var debuggerWins: Int
    /// Tasks whose hidden tests all pass.
    public var solved: Int
    /// Replies that had to be repaired before they could be used.
    public var repliesMended: Int
    /// Replies that could not be used.
    public var repliesLost: Int
    /// Means over the tasks.
    public var promptTokens: Double
    /// Tokens generated, mean over the tasks.
    public var answerTokens: Double
    /// Time for a task, mean over the tasks.
    public var seconds: Double
    /// Tasks that could not be worked on. They count as not solved.
    public var failed: Int
    /// pass@1 by kind of task and by tag.
    public var byGroup: [String: Part]
  }

  /// pass@1 of a group of tasks.
  public struct Part: Sendable, Equatable, Encodable {
    /// Tasks with hidden tests in the group.
    public var tasks: Int
    /// pass@1 of these tasks.
    public var passed: ConfidenceInterval
  }

  /// In the order in which the methods were named.
  public let rows: [Row]
  /// The kinds and tags of the tasks, kinds first, each in alphabetical order.
  public let groups: [String]

  /// - Parameter methods: all are compared with the first.
  public init(records: [CodeRecord], methods: [CodeMethod]) {
    let kinds = Set(records.compactMap(\.kind))
    groups = kinds.sorted() + Set(records.flatMap(\.tags)).subtracting(kinds).sorted()
    let byMethod = Dictionary(grouping: records, by: \.method)
    rows = methods.compactMap { method in
      guard let own = byMethod[method.rawValue], !own.isEmpty else { return nil }
      let reference = method == methods.first ? nil : methods.first.flatMap { byMethod[$0.rawValue] }
      return Self.row(method, own, reference: reference)
    }
  }

  /// The whole summary as one JSON object.
  ///
  /// - Parameters:
  ///   - identity: of the evaluation, as names and values.
  ///   - isComplete: false for a run that was stopped.
  public func json(identity: [(name: String, value: String)], isComplete: Bool) -> String {
    SnakeCaseJSON.text(of: SummaryJSON(identity: identity, isComplete: isComplete, results: rows))
  }

  private static func row(_ method: CodeMethod, _ records: [CodeRecord], reference: [CodeRecord]?) -> Row {
    let tested = records.filter(isTested)
    let solved = tested.filter { $0.isSolved == true }
    let shown = records.filter { $0.examples > 0 }
    let mean = { (value: (CodeRecord) -> Double) in records.reduce(0) { $0 + value($1) } / Double(records.count) }
    return Row(
      method: method, tasks: tested.count, passed: .share(of: solved.count, in: tested.count),
      difference: reference.flatMap { difference(tested, $0) },
      passedExamples: .share(of: shown.count { $0.examplesPassed == $0.examples }, in: shown.count),
      debuggerWins: solved.count { $0.round > 0 }, solved: solved.count,
      repliesMended: records.reduce(0) { $0 + $1.repliesMended },
      repliesLost: records.reduce(0) { $0 + $1.repliesLost }, promptTokens: mean { Double($0.promptTokens) },
      answerTokens: mean { Double($0.answerTokens) }, seconds: mean(\.seconds),
      failed: records.count { $0.error != nil }, byGroup: parts(tested))
  }

  /// A task that could not be worked on counts, so that no method gains by failing.
  private static func isTested(_ record: CodeRecord) -> Bool { record.isSolved != nil || record.error != nil }

  /// The paired difference on the tasks that both have worked on.
  private static func difference(_ records: [CodeRecord], _ reference: [CodeRecord]) -> ConfidenceInterval? {
    let hits = Dictionary(
      reference.filter(isTested).map { ($0.task, $0.isSolved == true) }, uniquingKeysWith: { first, _ in first })
    let groups = records.compactMap { record -> (sum: Double, count: Int)? in
      hits[record.task].map { ((record.isSolved == true ? 1.0 : 0) - ($0 ? 1 : 0), 1) }
    }
    return groups.isEmpty ? nil : .mean(ofGroups: groups)
  }

  private static func parts(_ tested: [CodeRecord]) -> [String: Part] {
    var groups: [String: [CodeRecord]] = [:]
    for record in tested {
      for name in Set([record.kind].compactMap(\.self) + record.tags) { groups[name, default: []].append(record) }
    }
    return groups.mapValues { own in
      Part(tasks: own.count, passed: .share(of: own.count { $0.isSolved == true }, in: own.count))
    }
  }
}
