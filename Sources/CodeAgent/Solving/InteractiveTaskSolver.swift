// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Records
import SessionInterface
import Synchronization

/// Hands a session's tasks to its worker: a new one stops the one under way. Work is stopped by its control alone,
/// which ends a program that is being run too.
package final class InteractiveTaskSolver: Sendable {
  private struct State {
    var control: SolveControl?
    var work: Task<Void, Never>?
    var task: CodeTask?
    var attempts: UInt64 = 0
  }

  private let worker: TaskSolver
  private let program = SharedProgram()
  private let state = Mutex(State())

  /// Temperature of another attempt at the same task.
  private static let retryTemperature = 0.8

  /// - Parameters:
  ///   - known: warnings that the user has had, for instance because the model is the dialogue's too.
  ///   - warn: given other warnings of the model, from the worker's thread.
  ///   - emit: given every event, from the worker's thread.
  package init(
    settings: CodeAgentSettings, beside known: [String], warn: @escaping @Sendable (String) -> Void,
    emit: @escaping @Sendable (CodeEvent) -> Void
  ) throws(ReportedError) {
    worker = try TaskSolver(settings: settings, beside: known, warn: warn) { [program] event in
      program.take(event)
      emit(event)
    }
  }

  /// The program to save and to share.
  package var programToSave: CodeProgram? { program.value }

  /// Works on a task as soon as the one under way has stopped.
  package func start(_ task: CodeTask) { start(task, attempt: 0) }

  /// Works on the last task again with another seed; false if there was none.
  package func retry() -> Bool {
    let (task, attempt) = state.withLock { ($0.task, $0.attempts + 1) }
    guard let task else { return false }
    start(task, attempt: attempt)
    return true
  }

  /// Stops what is under way, keeping the best program so far; false if nothing is.
  @discardableResult
  package func cancel() -> Bool { stop { $0.cancel() } }

  /// Stops what is under way, taking the program written last; false if nothing is.
  package func accept() -> Bool { stop { $0.accept() } }

  /// Stops what is under way and waits until it has.
  package func finish() async {
    cancel()
    await state.withLock { $0.work }?.value
  }

  private func stop(_ request: (SolveControl) -> Void) -> Bool {
    state.withLock { state in
      guard let control = state.control else { return false }
      request(control)
      return true
    }
  }

  private func start(_ task: CodeTask, attempt: UInt64) {
    let control = SolveControl()
    state.withLock { state in
      state.control?.cancel()
      let former = state.work
      state.control = control
      state.task = task
      state.attempts = attempt
      state.work = Task { [worker] in
        await former?.value
        // The worker has emitted a failure as an event.
        _ = try? await worker.solve(
          task, temperature: attempt == 0 ? 0 : Self.retryTemperature, seed: attempt, control: control)
        self.state.withLock { if $0.control === control { $0.control = nil } }
      }
    }
  }
}

/// The program to save, written from the worker's thread and read from others.
private final class SharedProgram: Sendable {
  private let program = Mutex(ProgramToSave())
  var value: CodeProgram? { program.withLock { $0.program } }
  func take(_ event: CodeEvent) { program.withLock { $0.take(event) } }
}
