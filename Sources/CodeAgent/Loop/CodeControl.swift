// SPDX-License-Identifier: Apache-2.0

import Platform
import Synchronization

/// Stops the work on one task, from any thread.
public final class CodeControl: Sendable {
  private enum StopRequest: Int {
    case none, cancel, accept
  }

  private let request = Atomic<Int>(StopRequest.none.rawValue)
  /// Stops this task with all others of a run.
  private let run: StopSource?

  /// - Parameter run: cancels the task too; nil for a task on its own.
  public init(run: StopSource? = nil) { self.run = run }

  /// Stop; the best program so far is the result.
  public func cancel() { request.store(StopRequest.cancel.rawValue, ordering: .relaxed) }
  /// Stop; the program written last is the result.
  public func accept() { request.store(StopRequest.accept.rawValue, ordering: .relaxed) }

  /// Whether the work is to stop with the best program so far.
  public var isCancelled: Bool { current == .cancel }
  /// Whether the work is to stop with the program written last.
  public var isAccepted: Bool { current == .accept }
  var isStopping: Bool { current != .none }

  private var current: StopRequest {
    if run?.isStopped == true { return .cancel }
    return StopRequest(rawValue: request.load(ordering: .relaxed)) ?? .none
  }
}
