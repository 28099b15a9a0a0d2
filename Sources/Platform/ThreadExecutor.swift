// SPDX-License-Identifier: Apache-2.0

/// A serial executor with a thread of its own, so that long work never occupies Swift's shared executor.
///
/// Jobs run in the order in which they come. The thread ends when its owner lets go of it.
public final class ThreadExecutor: SerialExecutor {
  private struct Jobs {
    var waiting: [@Sendable () -> Void] = []
    var isClosed = false
  }

  private let jobs = Monitor(Jobs())

  /// In bytes: what a main thread has, because models run here.
  private static let stackSize = 8 << 20

  /// - Throws: `ThreadError` if the system has no thread left. An actor whose jobs never run would be silent.
  public convenience init(name: String) throws(ThreadError) {
    try self.init(name: name) { jobs in
      startThread(name: name, stackSize: Self.stackSize, patience: threadPatience, jobs)
    }
  }

  /// - Parameter start: starts a thread that performs all jobs; false if there is none left.
  package init(name: String, start: (sending @escaping () -> Void) -> Bool) throws(ThreadError) {
    let hasStarted = start { [jobs] in
      while let job = Self.next(of: jobs) { job() }
    }
    if !hasStarted { throw ThreadError() }
  }

  deinit {
    jobs.withLock { $0.isClosed = true }
  }

  /// Appends a job; the runtime calls it.
  public func enqueue(_ job: consuming ExecutorJob) {
    let unowned = UnownedJob(job)
    let executor = asUnownedSerialExecutor()
    jobs.withLock { $0.waiting.append { unowned.runSynchronously(on: executor) } }
  }

  /// For an actor's `unownedExecutor`. The actor has to keep this object alive.
  public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }

  /// Waits for the oldest job; nil when there is none and none will come.
  private static func next(of jobs: Monitor<Jobs>) -> (@Sendable () -> Void)? {
    jobs.waitFor { jobs in
      if !jobs.waiting.isEmpty { return .done(jobs.waiting.removeFirst()) }
      return jobs.isClosed ? .done(nil) : .wait(until: nil)
    }
  }
}
