// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Platform
import Records
import SessionInterface

/// Works on the tasks of files and folders, one after the other, without a terminal.
public actor TaskFileSolver {
  /// Options of a run: its tasks, and how they are worked on.
  public struct Options: Sendable {
    /// Task files and folders.
    public var paths: [String]
    /// The result file; nil for standard output.
    public var output: String?
    /// Leave out what the result file already answers.
    public var isResuming: Bool
    /// The language of all programs; nil takes each file's own.
    public var language: ProgramLanguage?
    /// Which model works on the tasks, and how.
    public var code: CodeAgentSettings
    /// Told before each task and at the end.
    public var report: @Sendable (Progress) -> Void
    /// Told what the user is to know of the model.
    public var warn: @Sendable (String) -> Void

    /// Makes the options of a run.
    public init(
      paths: [String], output: String?, isResuming: Bool, language: ProgramLanguage?, code: CodeAgentSettings,
      report: @escaping @Sendable (Progress) -> Void, warn: @escaping @Sendable (String) -> Void
    ) {
      self.paths = paths
      self.output = output
      self.isResuming = isResuming
      self.language = language
      self.code = code
      self.report = report
      self.warn = warn
    }
  }

  /// Where the run is.
  public struct Progress: Sendable, Equatable {
    /// Tasks in all.
    public var tasks = 0
    /// Tasks finished, failed ones included.
    public var finished = 0
    /// Programs that pass every example.
    public var passed = 0
    /// Programs that pass the hidden tests.
    public var passedTests = 0
    /// Tasks that have hidden tests.
    public var tested = 0
    /// Tasks that could not be read or worked on.
    public var failed = 0
    /// The task under way.
    public var id = ""
    /// Whether the run was stopped before its end.
    public var isInterrupted = false

    /// Nothing is done yet.
    public init() {}
  }

  private let options: Options
  private let worker: TaskSolver
  private let stop = StopSource()
  private var progress = Progress()

  /// Makes a runner that has read nothing yet.
  ///
  /// - Throws: `ReportedError` with the code `insufficient_threads`.
  public init(options: Options) throws(ReportedError) {
    self.options = options
    worker = try TaskSolver(settings: options.code, warn: options.warn)
  }

  /// Ends the run after the token under way; what has been answered is in the output. From any thread.
  public nonisolated func interrupt() { stop.stop() }

  /// Works on all tasks.
  ///
  /// - Throws: `ReportedError` when the paths or the model cannot be read or results cannot be written.
  public func run() async throws(ReportedError) -> Progress {
    do throws(ReportedError) { try await workOnAll() } catch {
      // A wait that a stop ends has no result. An error after a stop comes from that and is no failure of the run.
      if !stop.isStopped { throw error }
    }
    progress.isInterrupted = stop.isStopped
    return progress
  }

  private func workOnAll() async throws(ReportedError) {
    var entries: [TaskFiles.Entry] = []
    for path in options.paths {
      do throws(TaskFileError) { entries += try TaskFiles.read(path, stop: stop) } catch {
        throw .requestMalformed(message: error.description)
      }
    }
    if stop.isStopped { return }
    entries = TaskFiles.tellingApart(entries)
    if entries.isEmpty {
      throw .requestMalformed(message: "no tasks were found in \(options.paths.joined(separator: ", "))")
    }
    do throws(ReportedError) { _ = try await worker.modelName() } catch {
      throw .modelUnreadable(message: error.message)
    }
    let output = try ResumableRecords<AnsweredTurn>(
      path: options.output, inputs: options.paths, isResuming: options.isResuming, stop: stop)
    let answered = output.answeredTurns
    progress.tasks = entries.count
    for entry in entries {
      if stop.isStopped { break }
      switch entry {
      case .failure(let error):
        progress.failed += 1
        try output.write([
          "id": .null, "status": "error",
          "error": ["code": "request_malformed", "message": .string(error.description)],
        ])
      case .success(let problem):
        if answered[problem.id] == nil { try await work(on: problem, output) }
      }
      if !stop.isStopped { progress.finished += 1 }
      options.report(progress)
    }
  }

  private func work(
    on problem: CodeProblem, _ output: ResumableRecords<AnsweredTurn>
  ) async throws(ReportedError) {
    progress.id = problem.id
    options.report(progress)
    guard let result = await worker.work(on: problem, in: options.language, stop: stop) else { return }
    count(result, hasTests: !problem.tests.isEmpty)
    try output.write(result.json)
  }

  private func count(_ result: CodeResult, hasTests: Bool) {
    switch result.solution {
    case .success(let solution):
      if solution.outcome.end == .passed { progress.passed += 1 }
      if hasTests { progress.tested += 1 }
      if solution.passesTests == true { progress.passedTests += 1 }
    case .failure: progress.failed += 1
    }
  }
}
