// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// A serial executor with a thread of its own, so that long work never occupies Swift's shared executor.
///
/// Jobs run in the order in which they come. The thread ends when its owner lets go of it.
public final class ThreadExecutor: SerialExecutor {
  private let queue = JobQueue()

  public init(name: String) {
    let queue = queue
    let thread = Thread { queue.runUntilClosed() }
    thread.name = name
    thread.stackSize = 8 << 20
    thread.start()
  }

  deinit {
    queue.close()
  }

  public func enqueue(_ job: consuming ExecutorJob) {
    let unowned = UnownedJob(job)
    let executor = asUnownedSerialExecutor()
    queue.add { unowned.runSynchronously(on: executor) }
  }

  public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }
}

/// Closures waiting for a thread.
private final class JobQueue: @unchecked Sendable {
  // Everything below is read and written only while `condition` is locked.
  private let condition = NSCondition()
  private var jobs: [@Sendable () -> Void] = []
  private var isClosed = false

  func add(_ job: @escaping @Sendable () -> Void) {
    condition.lock()
    jobs.append(job)
    condition.signal()
    condition.unlock()
  }

  func close() {
    condition.lock()
    isClosed = true
    condition.signal()
    condition.unlock()
  }

  func runUntilClosed() {
    while true {
      condition.lock()
      while jobs.isEmpty && !isClosed { condition.wait() }
      if jobs.isEmpty {
        condition.unlock()
        return
      }
      let job = jobs.removeFirst()
      condition.unlock()
      job()
    }
  }
}
