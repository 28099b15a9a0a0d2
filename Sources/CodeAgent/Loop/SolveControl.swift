// SPDX-License-Identifier: Apache-2.0

import Platform

/// Stops the work on one task, from any thread.
public final class SolveControl: Sendable {
  private let cancellation: StopSource
  private let acceptance = StopSource()

  /// - Parameter run: cancels the task too; nil for a task on its own.
  public init(run: StopSource? = nil) { cancellation = StopSource(following: run.map { [$0] } ?? []) }

  /// Stop; the best program so far is the result.
  public func cancel() { cancellation.stop() }
  /// Stop; the program written last is the result, unless the task is cancelled as well.
  public func accept() { acceptance.stop() }

  /// Whether the work is to stop with the best program so far.
  public var isCancelled: Bool { cancellation.isStopped }
  /// Whether the work is to stop with the program written last.
  public var isAccepted: Bool { acceptance.isStopped && !isCancelled }

  /// Stops with the task, and at a deadline.
  func stop(at deadline: ContinuousClock.Instant?) -> StopSource {
    StopSource(following: [cancellation, acceptance], deadline: deadline)
  }
}
