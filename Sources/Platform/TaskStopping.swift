// SPDX-License-Identifier: Apache-2.0

import Synchronization

// From a stop source to Swift's tasks: what happens to an asynchronous wait when a stop comes. Each of these looks for
// the stop twenty times a second.

/// Does work, and calls a handler once if a stop comes before the work ends. For work that ends early by itself when
/// the handler has been called.
///
/// - Parameter onStop: called from another thread, at once if the stop has come already.
/// - Throws: what the work throws.
public func withStopHandler<Value, Failure: Error>(
  _ stop: StopSource, isolation: isolated (any Actor)? = #isolation,
  _ work: () async throws(Failure) -> Value, onStop: @escaping @Sendable () -> Void
) async throws(Failure) -> Value {
  let watch = Task.detached {
    await stop.wait()
    // The work has ended.
    if !Task.isCancelled { onStop() }
  }
  defer { watch.cancel() }
  return try await work()
}

/// Does work that can be cancelled, cancels it after a stop or when the task is cancelled, and waits until it has
/// ended. The work decides what it gives back then.
///
/// - Throws: what the work throws.
public func cancelled<Value: Sendable, Failure: Error>(
  by stop: StopSource, _ work: @escaping @Sendable () async throws(Failure) -> Value
) async throws(Failure) -> Value {
  let task = Task.detached { () async -> Result<Value, Failure> in
    do throws(Failure) { return .success(try await work()) } catch { return .failure(error) }
  }
  let result = await withStopHandler(stop) {
    await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
  } onStop: {
    task.cancel()
  }
  return try result.get()
}

/// Waits for work, but not beyond a stop. Work that is still under way then is cancelled and left to itself, so the
/// caller goes on at once, whatever the work waits for.
///
/// - Returns: nil after a stop.
/// - Throws: what the work throws.
public func unlessStopped<Value: Sendable>(
  _ stop: StopSource, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value? {
  let first = FirstResult<Value>()
  let working = Task {
    do { first.set(.success(try await work())) } catch { first.set(.failure(error)) }
  }
  defer { working.cancel() }
  return try await withStopHandler(stop) {
    try await withCheckedThrowingContinuation { first.wait($0) }
  } onStop: {
    first.set(.success(nil))
  }
}

extension StopSource {
  /// Returns after a stop, or when the task is cancelled.
  fileprivate func wait() async {
    while !isStopped, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(50)) }
  }
}

/// The first of several results, for one who waits.
private final class FirstResult<Value: Sendable>: Sendable {
  typealias Waiting = CheckedContinuation<Value?, any Error>

  private struct State {
    var result: Result<Value?, any Error>?
    var waiting: Waiting?
  }

  private let state = Mutex(State())

  /// Keeps a result, if it is the first.
  func set(_ result: Result<Value?, any Error>) {
    let waiting = state.withLock { state -> Waiting? in
      guard state.result == nil else { return nil }
      state.result = result
      defer { state.waiting = nil }
      return state.waiting
    }
    waiting?.resume(with: result)
  }

  /// Resumes with the first result, now or later.
  func wait(_ waiting: Waiting) {
    let result = state.withLock { state -> Result<Value?, any Error>? in
      if state.result == nil { state.waiting = waiting }
      return state.result
    }
    if let result { waiting.resume(with: result) }
  }
}
