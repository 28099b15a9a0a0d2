// SPDX-License-Identifier: Apache-2.0

import CodeAgent
import CodeTasks
import Platform
import Records
import SessionInterface

/// What is compared, and on which tasks.
public struct CodeEvaluationOptions: Sendable {
  public var problems: [CodeProblem]
  /// What was evaluated, for the first line of the results.
  public var identity: [(name: String, value: String)]
  /// The first is what the others are compared with.
  public var ways: [CodeWay]
  /// With the adapters; the ways without them leave these out.
  public var paths: CodeModelPaths
  public var threads: Int
  public var limits: CodeLimits
  public var isUnsafeRunAllowed: Bool
  /// A file for every record; nil keeps them in memory alone.
  public var output: String?
  public var isResuming: Bool
  /// Told before and after each task.
  public var report: @Sendable (EvaluationStep) -> Void

  public init(
    problems: [CodeProblem], identity: [(name: String, value: String)], ways: [CodeWay], paths: CodeModelPaths,
    threads: Int, limits: CodeLimits, isUnsafeRunAllowed: Bool, output: String?, isResuming: Bool,
    report: @escaping @Sendable (EvaluationStep) -> Void
  ) {
    self.problems = problems
    self.identity = identity
    self.ways = ways
    self.paths = paths
    self.threads = threads
    self.limits = limits
    self.isUnsafeRunAllowed = isUnsafeRunAllowed
    self.output = output
    self.isResuming = isResuming
    self.report = report
  }
}

/// Works on every task in every way and runs the hidden tests.
public actor CodeEvaluationRunner {
  private let options: CodeEvaluationOptions
  private let stop = StopSource()
  private let adapted: CodeWorker
  private let plain: CodeWorker
  private var step: EvaluationStep

  public init(options: CodeEvaluationOptions) {
    self.options = options
    let worker = { (paths: CodeModelPaths) in
      CodeWorker(
        settings: CodeSettings(
          paths: .success(paths), threads: options.threads, limits: options.limits,
          isUnsafeRunAllowed: options.isUnsafeRunAllowed))
    }
    adapted = worker(options.paths)
    var bare = options.paths
    bare.adapters = [:]
    plain = worker(bare)
    step = EvaluationStep(
      answers: 0, answersInAll: options.problems.count * options.ways.count, resumed: 0, label: "")
  }

  /// Ends the run after the token under way; what has been worked on is in the output. From any thread.
  public nonisolated func interrupt() { stop.stop() }

  /// Works on everything that is not done yet.
  ///
  /// - Returns: all records, those of an earlier run included, and whether the run was interrupted.
  /// - Throws: `EvaluationError` or `ReportedError`.
  public func run() async throws -> (records: [CodeRecord], isInterrupted: Bool) {
    let file = try options.output.map {
      try ResultFile<CodeRecord>(path: $0, isResuming: options.isResuming, identity: options.identity)
    }
    var records = file?.records ?? []
    struct Key: Hashable {
      var way: String
      var task: String
    }
    let done = Set(records.map { Key(way: $0.way, task: $0.task) })
    step.answers = records.count
    step.resumed = records.count
    for problem in options.problems {
      for way in options.ways where !done.contains(Key(way: way.rawValue, task: problem.id)) {
        step.label = "\(problem.id): \(way.rawValue)"
        options.report(step)
        guard !stop.isStopped, let record = await work(on: problem, way) else { return (records, true) }
        records.append(record)
        try file?.write(record)
        step.answers += 1
      }
    }
    options.report(step)
    return (records, stop.isStopped)
  }

  /// - Returns: nil if the work was stopped.
  private func work(on problem: CodeProblem, _ way: CodeWay) async -> CodeRecord? {
    var record = CodeRecord(
      way: way, task: problem.id, kind: problem.kind, tags: problem.tags, examples: problem.task.examples.count)
    var limits = options.limits
    if way == .undebugged { limits.rounds = 0 }
    let worker = way.usesAdapters ? adapted : plain
    let result = await worker.work(
      on: problem, by: way == .singleShot ? .singleShot : .roles, limits: limits, stop: stop)
    switch result?.solution {
    case .success(let solution): record.take(solution)
    case .failure(let error): record.error = error.message
    case nil: return nil
    }
    return record
  }
}

extension CodeWay {
  var usesAdapters: Bool { self == .undebugged || self == .adapters }
}

extension CodeRecord {
  fileprivate mutating func take(_ solution: CodeSolution) {
    let outcome = solution.outcome
    isSolved = solution.passesTests
    end = outcome.end.rawValue
    examplesPassed = outcome.examplesPassed
    plansTried = outcome.plansTried
    debugRounds = outcome.debugRounds
    round = outcome.program?.round ?? 0
    repliesMended = outcome.repliesMended
    repliesLost = outcome.repliesLost
    promptTokens = outcome.promptTokens
    answerTokens = outcome.answerTokens
    milliseconds = outcome.seconds * 1000
    program = outcome.program?.text
  }
}
