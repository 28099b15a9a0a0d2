// SPDX-License-Identifier: Apache-2.0

import Records

/// Does work that can be cancelled, and cancels it as soon as it is no longer wanted. The work decides what it gives
/// back then.
///
/// - Parameter isWanted: asked twenty times a second.
func whileWanted<Value: Sendable>(
  _ isWanted: @escaping @Sendable () -> Bool,
  _ work: @escaping @Sendable () async throws(ReportedError) -> Value
) async throws(ReportedError) -> Value {
  let task = Task.detached { () async -> Result<Value, ReportedError> in
    do throws(ReportedError) { return .success(try await work()) } catch { return .failure(error) }
  }
  let watcher = Task.detached {
    while isWanted() { try await Task.sleep(for: .milliseconds(50)) }
    task.cancel()
  }
  defer { watcher.cancel() }
  return try await withTaskCancellationHandler {
    await task.value
  } onCancel: {
    task.cancel()
  }.get()
}

/// Whether the time is over; never without a deadline.
func isPast(_ deadline: ContinuousClock.Instant?) -> Bool { deadline.map { ContinuousClock.now > $0 } ?? false }
