// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Waits for work, but not beyond a stop. Work that is still under way then is cancelled and left to itself.
///
/// The stop is looked for twenty times a second, so the caller goes on at once, whatever the work waits for.
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
  let watching = Task {
    await stop.wait()
    first.set(.success(nil))
  }
  defer {
    working.cancel()
    watching.cancel()
  }
  return try await withCheckedThrowingContinuation { first.wait($0) }
}

extension StopSource {
  /// Returns after a stop, or when the task is cancelled.
  public func wait() async {
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
