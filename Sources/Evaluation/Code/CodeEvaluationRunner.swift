// SPDX-License-Identifier: Apache-2.0

import CodeAgent
import CodeTasks
import Platform
import Records
import SessionInterface

/// The methods that are compared, and the tasks.
public struct CodeEvaluationOptions: Sendable {
  /// The tasks.
  public var problems: [CodeProblem]
  /// Identity of the evaluation, as names and values, for the first line of the results.
  public var identity: [(name: String, value: String)]
  /// All are compared with the first.
  public var methods: [CodeMethod]
  /// The model files, with the adapters of the roles, and how the work is done. Methods without adapters ignore those.
  public var settings: CodeAgentSettings
  /// The file for the records; nil keeps them in memory only.
  public var output: String?
  /// Whether the records of an earlier run are kept.
  public var isResuming: Bool
  /// Called before and after each task.
  public var report: @Sendable (EvaluationStep) -> Void

  /// Memberwise; checks nothing.
  public init(
    problems: [CodeProblem], identity: [(name: String, value: String)], methods: [CodeMethod],
    settings: CodeAgentSettings, output: String?, isResuming: Bool, report: @escaping @Sendable (EvaluationStep) -> Void
  ) {
    self.problems = problems
    self.identity = identity
    self.methods = methods
    self.settings = settings
    self.output = output
    self.isResuming = isResuming
    self.report = report
  }
}

/// Solves every task with every method and runs the hidden tests.
public actor CodeEvaluationRunner {
  private let options: CodeEvaluationOptions
  private let stop = StopSource()
  private let adapted: TaskSolver
  private let plain: TaskSolver
  private var step: EvaluationStep

  /// Loads no model; the first task of a method does.
  ///
  /// - Throws: `ReportedError` with the code `insufficient_threads`.
  public init(options: CodeEvaluationOptions) throws(ReportedError) {
    self.options = options
    adapted = try TaskSolver(settings: options.settings)
    var bare = options.settings
    bare.paths = bare.paths.map { paths in
      var paths = paths
      paths.adapters = [:]
      return paths
    }
    plain = try TaskSolver(settings: bare)
    step = EvaluationStep(
      answers: 0, answersInAll: options.problems.count * options.methods.count, resumed: 0, label: "")
  }

  /// Ends the run after the current token. Finished records are in the output. May be called from any thread.
  public nonisolated func interrupt() { stop.stop() }

  /// Solves every task that has no record yet.
  ///
  /// - Returns: all records, those of an earlier run included, and whether the run was interrupted.
  /// - Throws: `EvaluationError` or `ReportedError`.
  public func run() async throws -> (records: [CodeRecord], isInterrupted: Bool) {
    let file: ResultFile<CodeRecord>?
    do throws(ReportedError) {
      file = try options.output.map { path throws(ReportedError) in
        try ResultFile(path: path, isResuming: options.isResuming, identity: options.identity, stop: stop)
      }
    } catch {
      if stop.isStopped { return ([], true) }
      throw error
    }
    var records = file?.records ?? []
    struct Key: Hashable {
      var method: String
      var task: String
    }
    let done = Set(records.map { Key(method: $0.method, task: $0.task) })
    step.answers = records.count
    step.resumed = records.count
    for problem in options.problems {
      for method in options.methods where !done.contains(Key(method: method.rawValue, task: problem.id)) {
        step.label = "\(problem.id): \(method.rawValue)"
        options.report(step)
        guard !stop.isStopped, let record = await solve(problem, method) else { return (records, true) }
        records.append(record)
        try file?.write(record)
        step.answers += 1
      }
    }
    options.report(step)
    return (records, stop.isStopped)
  }

  /// - Returns: nil if the work was stopped.
  private func solve(_ problem: CodeProblem, _ method: CodeMethod) async -> CodeRecord? {
    var record = CodeRecord(
      method: method, task: problem.id, kind: problem.kind, tags: problem.tags, examples: problem.task.examples.count)
    var limits = options.settings.limits
    if method == .withoutDebugger { limits.rounds = 0 }
    let worker = method.usesAdapters ? adapted : plain
    let result = await worker.work(
      on: problem, by: method == .singleShot ? .singleShot : .roles, limits: limits, stop: stop)
    switch result?.solution {
    case .success(let solution): record.take(solution)
    case .failure(let error): record.error = error.message
    case nil: return nil
    }
    return record
  }
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
    repliesMended = outcome.replies.mended
    repliesLost = outcome.replies.lost
    promptTokens = outcome.replies.promptTokens
    answerTokens = outcome.replies.answerTokens
    seconds = outcome.seconds
    program = outcome.program?.text
  }
}
