// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Foundation
import Platform
import Records
import Sandboxing
import SessionInterface

/// Works on programming tasks, on a thread of its own with lower priority than a stream's. The first task loads the
/// model.
public actor TaskSolver {
  /// How a task is worked on.
  public enum Way: Sendable {
    /// The loop of four roles.
    case roles
    /// The coder is asked for the program at once.
    case singleShot
  }

  private let thread: ThreadExecutor
  private let settings: CodeAgentSettings
  private let emit: @Sendable (CodeEvent) -> Void
  private let known: [String]
  private let warn: @Sendable (String) -> Void
  private var model: CodeModel?
  /// Of the model's warnings, how many have been looked at.
  private var warningsGiven = 0
  private var checker: SandboxedProgramChecker?

  /// The thread that works.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// Nice value of the code thread, so that the stream keeps its pace on one processor too.
  private static let niceness: Int32 = 10

  /// Makes a worker that has loaded nothing yet.
  ///
  /// - Parameters:
  ///   - known: warnings that the user has had, for instance because the model is the dialogue's too.
  ///   - warn: given other warnings of the model, once it is loaded and after each task.
  ///   - emit: given each event, on the worker's thread.
  /// - Throws: `ReportedError` with the code `insufficient_threads`.
  public init(
    settings: CodeAgentSettings, beside known: [String] = [], warn: @escaping @Sendable (String) -> Void = { _ in },
    emit: @escaping @Sendable (CodeEvent) -> Void = { _ in }
  ) throws(ReportedError) {
    thread = try ThreadExecutor(reporting: "coder")
    self.settings = settings
    self.known = known
    self.warn = warn
    self.emit = emit
  }

  /// Works on a task. One at a time: the caller waits for the one before.
  ///
  /// - Throws: `ReportedError` if it cannot be worked on; `failed` has then been emitted.
  public func solve(
    _ task: CodeTask, by way: Way = .roles, limits: SolveLimits? = nil, temperature: Double = 0, seed: UInt64 = 0,
    control: SolveControl = SolveControl()
  ) async throws(ReportedError) -> CodeOutcome {
    let model = try loadedModel()
    defer { giveWarnings(of: model) }
    let loop = CodeLoop(
      model: model, checker: sandbox(), limits: limits ?? settings.limits, emit: emit)
    switch way {
    case .roles: return try await loop.solve(task, temperature: temperature, seed: seed, control: control)
    case .singleShot: return try await loop.solveAtOnce(task, control: control)
    }
  }

  /// Works on a problem and runs the program on the hidden tests.
  ///
  /// - Parameters:
  ///   - language: takes the place of the problem's own.
  ///   - limits: nil takes those of the settings.
  ///   - stop: ends the work with others of a run.
  /// - Returns: the solution, or why there is none; nil if the work was stopped.
  package func work(
    on problem: CodeProblem, in language: ProgramLanguage? = nil, by way: Way = .roles, limits: SolveLimits? = nil,
    temperature: Double = 0, seed: UInt64 = 0, stop: StopSource
  ) async -> CodeResult? {
    do throws(ReportedError) {
      let task = try problem.task(in: language)
      let outcome = try await solve(
        task, by: way, limits: limits, temperature: temperature, seed: seed, control: SolveControl(run: stop))
      if outcome.end == .cancelled { return nil }
      let seconds = (limits ?? settings.limits).seconds
      let passesTests = try await HiddenTests(problem.tests).arePassed(
        by: outcome.program, checker: sandbox(), seconds: seconds, stop: stop)
      if stop.isStopped, passesTests == nil, !problem.tests.isEmpty { return nil }
      let isRun = !task.examples.isEmpty || !problem.tests.isEmpty
      let solution = CodeSolution(
        language: task.language, outcome: outcome, containment: isRun ? sandbox().containmentName : nil,
        testCount: problem.tests.count, passesTests: passesTests)
      return CodeResult(id: problem.id, solution: .success(solution))
    } catch {
      return CodeResult(id: problem.id, solution: .failure(error))
    }
  }

  /// The name of the model, which is loaded if it is not yet.
  ///
  /// - Throws: `ReportedError` if it cannot be loaded.
  public func modelName() throws(ReportedError) -> String { try loadedModel().name }

  private func loadedModel() throws(ReportedError) -> CodeModel {
    if let model { return model }
    // Threads that this one starts inherit it. Where the system refuses it, all threads have one priority.
    _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness)
    do throws(ReportedError) {
      let loaded = try CodeModel(
        paths: settings.paths.get(), threads: settings.threads, memory: settings.memory)
      model = loaded
      giveWarnings(of: loaded)
      return loaded
    } catch {
      emit(.failed(code: error.code.rawValue, message: error.message))
      throw error
    }
  }

  private func giveWarnings(of model: CodeModel) {
    let warnings = model.warnings.dropFirst(warningsGiven)
    warningsGiven += warnings.count
    for warning in warnings where !known.contains(warning) { warn(warning) }
  }

  private func sandbox() -> SandboxedProgramChecker {
    if let checker { return checker }
    let made = SandboxedProgramChecker(Sandbox.probe(isUnsafeAllowed: settings.isUnsafeRunAllowed))
    checker = made
    return made
  }
}

extension CodeProblem {
  /// The task, to be solved in a language that can be run here.
  ///
  /// - Parameter language: the user's; takes the place of the file's.
  /// - Throws: `ReportedError` with the code `language_unavailable` when the file names a language that is not known.
  fileprivate func task(in language: ProgramLanguage? = nil) throws(ReportedError) -> CodeTask {
    var task = task
    if let language {
      task.language = language
    } else if let name = unknownLanguage {
      throw ReportedError(
        .languageUnavailable, "programs in “\(name)” are not known here; there are \(ProgramLanguage.list)")
    }
    return task
  }
}
