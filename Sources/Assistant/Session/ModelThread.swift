import Foundation
import Synchronization

/// The one thread on which a model's work runs, so that a long prefill never occupies Swift's shared executor.
///
/// Jobs run in the order in which they come. The thread ends when its owner lets go of it.
package final class ModelThread: SerialExecutor {
  private let queue = JobQueue()

  package init(name: String) {
    let queue = queue
    let thread = Thread { queue.runUntilClosed() }
    thread.name = name
    thread.stackSize = 8 << 20
    thread.start()
  }

  deinit {
    queue.close()
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    let unowned = UnownedJob(job)
    let executor = asUnownedSerialExecutor()
    queue.add { unowned.runSynchronously(on: executor) }
  }

  package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
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
