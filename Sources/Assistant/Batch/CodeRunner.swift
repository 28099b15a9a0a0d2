import CodeAgent
import SessionInterface
import Synchronization

/// Works on the tasks of files and folders, one after the other, without a terminal.
public actor CodeRunner {
  public struct Options: Sendable {
    public var paths: [String]
    /// The result file; nil for standard output.
    public var output: String?
    /// Leave out what the result file already answers.
    public var isResuming: Bool
    /// Write programs in this language, whatever the files say; nil leaves it to them.
    public var language: String?
    public var code: CodeSettings
    /// Told before each task and at the end.
    public var report: @Sendable (Progress) -> Void

    public init(
      paths: [String], output: String?, isResuming: Bool, language: String?, code: CodeSettings,
      report: @escaping @Sendable (Progress) -> Void
    ) {
      self.paths = paths
      self.output = output
      self.isResuming = isResuming
      self.language = language
      self.code = code
      self.report = report
    }
  }

  /// Where the run is.
  public struct Progress: Sendable, Equatable {
    public var tasks = 0
    public var finished = 0
    /// Programs that pass every example.
    public var passed = 0
    /// Programs that pass the hidden tests, and tasks that have some.
    public var passedTests = 0
    public var tested = 0
    /// Tasks that could not be read or worked on.
    public var failed = 0
    public var id = ""
    public var isInterrupted = false

    public init() {}
  }

  private let options: Options
  private let desk: CodeDesk
  private let interruption = Interruption()
  private var progress = Progress()

  public init(options: Options) {
    self.options = options
    desk = CodeDesk(settings: options.code)
  }

  /// Ends the run after the token under way; what has been answered is in the output. From any thread.
  public nonisolated func interrupt() { interruption.interrupt() }

  /// Works on everything.
  ///
  /// - Throws: `AssistantError` when the paths or the model cannot be read or results cannot be written.
  public func run() async throws(AssistantError) -> Progress {
    var entries: [TaskFiles.Entry] = []
    for path in options.paths {
      do throws(TaskFileError) { entries += try TaskFiles.read(path) } catch {
        throw .requestMalformed(message: error.description)
      }
    }
    if entries.isEmpty {
      throw .requestMalformed(message: "no tasks were found in \(options.paths.joined(separator: ", "))")
    }
    do throws(CodeFailure) { _ = try await desk.modelName() } catch { throw .modelUnreadable(message: error.message) }
    var answered: [String: Set<Int>] = [:]
    if options.isResuming, let path = options.output { answered = try BatchProgress.resume(path: path).answered }
    let output = try BatchOutput(path: options.output, keepingContents: options.isResuming)
    progress.tasks = entries.count
    for entry in entries {
      if interruption.isInterrupted { break }
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
      if !interruption.isInterrupted { progress.finished += 1 }
      options.report(progress)
    }
    progress.isInterrupted = interruption.isInterrupted
    return progress
  }

  private func work(on problem: CodeProblem, _ output: BatchOutput) async throws(AssistantError) {
    progress.id = problem.id
    options.report(progress)
    var task = problem.task
    if let language = options.language { task.language = language }
    let record: OrderedJSON
    do throws(CodeFailure) {
      let outcome = try await desk.solve(task, control: interruption.control())
      if interruption.isInterrupted { return }
      var result = CodeResult(id: problem.id, language: task.language, outcome: outcome, tests: problem.tests.count)
      if let program = outcome.program, !problem.tests.isEmpty {
        result.passesTests = try await desk.passes(program, tests: problem.tests)
      }
      if outcome.end == .passed { progress.passed += 1 }
      if !problem.tests.isEmpty { progress.tested += 1 }
      if result.passesTests == true { progress.passedTests += 1 }
      record = result.json
    } catch {
      progress.failed += 1
      record = CodeResult.failure(id: problem.id, error)
    }
    try output.write(record)
  }
}

/// Whether somebody wants a run to end, and the task that is under way then.
package final class Interruption: Sendable {
  private let state = Mutex<(isInterrupted: Bool, control: CodeControl?)>((false, nil))

  package init() {}

  package var isInterrupted: Bool { state.withLock { $0.isInterrupted } }

  package func interrupt() {
    state.withLock {
      $0.isInterrupted = true
      $0.control?.cancel()
    }
  }

  /// For the next task.
  package func control() -> CodeControl {
    let control = CodeControl()
    state.withLock {
      $0.control = control
      if $0.isInterrupted { control.cancel() }
    }
    return control
  }
}
