// SPDX-License-Identifier: Apache-2.0

import Platform
import Records

/// Does work that can be cancelled, and cancels it after a stop. The work decides what it gives back then.
func cancelled<Value: Sendable>(
  by stop: StopSource, _ work: @escaping @Sendable () async throws(ReportedError) -> Value
) async throws(ReportedError) -> Value {
  let task = Task.detached { () async -> Result<Value, ReportedError> in
    do throws(ReportedError) { return .success(try await work()) } catch { return .failure(error) }
  }
  let watcher = Task.detached {
    await stop.wait()
    if !Task.isCancelled { task.cancel() }
  }
  defer { watcher.cancel() }
  return try await withTaskCancellationHandler {
    await task.value
  } onCancel: {
    task.cancel()
  }.get()
}
