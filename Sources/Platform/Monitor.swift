// SPDX-License-Identifier: Apache-2.0

/// A value behind a lock that threads can also wait on.
///
/// The C library's condition variable waits on the monotonic clock with a deadline, which `Synchronization.Mutex`
/// cannot.
public final class Monitor<State>: @unchecked Sendable {
  /// The result of a waiting thread's look at the value.
  public enum Poll<Result> {
    /// The wait is over.
    case done(Result)
    /// Look again when the value changes, at the latest at this monotonic time (never, if nil).
    case wait(until: Double?)
  }

  private var state: State
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  /// Takes the state over: it is reached through the monitor only.
  public init(_ state: State) {
    self.state = state
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    condition = .allocate(capacity: 1)
    condition.initialize(to: pthread_cond_t())
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // The wall clock may be set while a thread waits.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Reads or changes the value and wakes whoever waits for a change. Keep `body` short, and call nothing from it that
  /// could lock this monitor again.
  public func withLock<Result>(_ body: (inout State) -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }
    return body(&state)
  }

  /// Blocks the calling thread until `look` finds what it waits for; it is called under the lock, at once, after each
  /// change and when its time has come.
  public func waitFor<Result>(_ look: (inout State) -> Poll<Result>) -> Result {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }
    while true {
      switch look(&state) {
      case .done(let result):
        return result
      case .wait(nil):
        pthread_cond_wait(condition, mutex)
      case .wait(let until?):
        let whole = until.rounded(.down)
        var deadline = timespec(tv_sec: Int(whole), tv_nsec: Int((until - whole) * 1e9))
        pthread_cond_timedwait(condition, mutex, &deadline)
      }
    }
  }
}
