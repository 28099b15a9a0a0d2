// SPDX-License-Identifier: Apache-2.0

import CKernels
import Platform
import Synchronization

/// A function that does one chunk of a job: the job, the chunk's index, the index of the thread that does it.
public typealias ChunkFunction = @convention(c) (UnsafeRawPointer, Int, Int) -> Void

/// Threads that stay alive and share out the chunks of one job after another.
///
/// The thread that calls `run` works too, so `ThreadPool(threads: 1)` has no other thread and does everything in place.
/// Chunks are claimed one by one, so a thread that is slowed down by other programs just takes fewer of them. Between
/// jobs a thread looks out for work for some microseconds, then sleeps. Nothing is allocated for a job.
public final class ThreadPool: Sendable {
  /// Threads that work on a job, the caller among them.
  public let threadCount: Int
  private let shared: SharedState

  /// - Parameter threads: at least 1; more than 256 are not started.
  public init(threads: Int) {
    shared = SharedState()
    var started = 1
    for worker in 1..<max(min(threads, 256), 1) {
      guard SharedState.start(shared, worker: worker) else { break }
      started += 1
    }
    threadCount = started
  }

  deinit { shared.stop() }

  /// Does chunks `0..<chunks` of a job and returns when all are done. Calls from several threads wait for each other.
  ///
  /// - Parameters:
  ///   - job: handed to `body` as it is; valid during the call.
  ///   - body: called once for each chunk, on any of the threads, with that thread's index below `threadCount`.
  public func run(chunks: Int, job: UnsafeRawPointer, _ body: ChunkFunction) {
    guard chunks > 0 else { return }
    if threadCount == 1 || chunks == 1 {
      shared.exclusively { for chunk in 0..<chunks { body(job, chunk, 0) } }
    } else {
      shared.exclusively { shared.share(chunks: chunks, job: job, body) }
    }
  }
}

/// What the threads share. It outlives the pool until the last thread has gone.
private final class SharedState: @unchecked Sendable {
  /// The job's number in the upper half, the chunks not yet claimed in the lower. One word, so that a late thread can
  /// never claim a chunk of a job that it did not look at.
  private let ticket = Atomic<UInt64>(0)
  private let unfinished = Atomic<Int>(0)
  private let parkedWorkers = Atomic<Int>(0)
  private let callerSleeps = Atomic<Bool>(false)
  private let stopping = Atomic<Bool>(false)

  // Written by the caller before a job's ticket is out; read only by threads that hold a chunk of that job.
  private var chunks = 0
  private var job: UnsafeRawPointer?
  private var body: ChunkFunction?

  private let callers: UnsafeMutablePointer<pthread_mutex_t>
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let work: UnsafeMutablePointer<pthread_cond_t>
  private let done: UnsafeMutablePointer<pthread_cond_t>

  /// Looks before a waiting thread goes to sleep: some tens of microseconds.
  private static let spinLimit = 4000

  init() {
    callers = .allocate(capacity: 1)
    mutex = .allocate(capacity: 1)
    work = .allocate(capacity: 1)
    done = .allocate(capacity: 1)
    pthread_mutex_init(callers, nil)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(work, nil)
    pthread_cond_init(done, nil)
  }

  deinit {
    pthread_mutex_destroy(callers)
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(work)
    pthread_cond_destroy(done)
    callers.deallocate()
    mutex.deallocate()
    work.deallocate()
    done.deallocate()
  }

  private final class Start {
    let shared: SharedState
    let worker: Int
    init(shared: SharedState, worker: Int) {
      self.shared = shared
      self.worker = worker
    }
  }

  /// Starts one thread; false if the system refuses.
  static func start(_ shared: SharedState, worker: Int) -> Bool {
    let argument = Unmanaged.passRetained(Start(shared: shared, worker: worker))
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let result = pthread_create(
      &thread, nil,
      { argument in
        #if canImport(Darwin)
          let pointer: UnsafeMutableRawPointer? = argument
        #else
          let pointer = argument
        #endif
        if let pointer {
          let start = Unmanaged<Start>.fromOpaque(pointer).takeRetainedValue()
          start.shared.live(worker: start.worker)
        }
        return nil
      }, argument.toOpaque())
    guard result == 0 else {
      argument.release()
      return false
    }
    #if canImport(Darwin)
      if let thread { pthread_detach(thread) }
    #else
      pthread_detach(thread)
    #endif
    return true
  }

  func exclusively(_ action: () -> Void) {
    pthread_mutex_lock(callers)
    action()
    pthread_mutex_unlock(callers)
  }

  func share(chunks: Int, job: UnsafeRawPointer, _ body: ChunkFunction) {
    self.chunks = chunks
    self.job = job
    self.body = body
    unfinished.store(chunks, ordering: .relaxed)
    let number = ticket.load(ordering: .relaxed) >> 32 &+ 1
    ticket.store(number << 32 | UInt64(chunks), ordering: .sequentiallyConsistent)
    if parkedWorkers.load(ordering: .sequentiallyConsistent) > 0 {
      pthread_mutex_lock(mutex)
      pthread_cond_broadcast(work)
      pthread_mutex_unlock(mutex)
    }
    while claimAndDo(worker: 0) {}
    waitUntilDone()
  }

  /// Does one chunk if there is one to be had.
  private func claimAndDo(worker: Int) -> Bool {
    var seen = ticket.load(ordering: .acquiring)
    while seen & 0xFFFF_FFFF > 0 {
      let (claimed, current) = ticket.compareExchange(
        expected: seen, desired: seen - 1, ordering: .acquiringAndReleasing)
      if claimed {
        let left = Int(seen & 0xFFFF_FFFF)
        if let body, let job { body(job, chunks - left, worker) }
        finishOne()
        return true
      }
      seen = current
    }
    return false
  }

  private func finishOne() {
    let left = unfinished.subtract(1, ordering: .sequentiallyConsistent).newValue
    if left == 0, callerSleeps.load(ordering: .sequentiallyConsistent) {
      pthread_mutex_lock(mutex)
      pthread_cond_signal(done)
      pthread_mutex_unlock(mutex)
    }
  }

  private func waitUntilDone() {
    for _ in 0..<SharedState.spinLimit {
      if unfinished.load(ordering: .acquiring) == 0 { return }
      ck_relax()
    }
    pthread_mutex_lock(mutex)
    callerSleeps.store(true, ordering: .sequentiallyConsistent)
    while unfinished.load(ordering: .sequentiallyConsistent) > 0 { pthread_cond_wait(done, mutex) }
    callerSleeps.store(false, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
  }

  private func live(worker: Int) {
    while true {
      var looks = 0
      while !claimAndDo(worker: worker) {
        if stopping.load(ordering: .relaxed) { return }
        looks += 1
        if looks > SharedState.spinLimit {
          sleep()
          looks = 0
        } else {
          ck_relax()
        }
      }
    }
  }

  private func sleep() {
    pthread_mutex_lock(mutex)
    parkedWorkers.add(1, ordering: .sequentiallyConsistent)
    while ticket.load(ordering: .sequentiallyConsistent) & 0xFFFF_FFFF == 0,
      !stopping.load(ordering: .sequentiallyConsistent)
    {
      pthread_cond_wait(work, mutex)
    }
    parkedWorkers.subtract(1, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
  }

  func stop() {
    pthread_mutex_lock(mutex)
    stopping.store(true, ordering: .sequentiallyConsistent)
    pthread_cond_broadcast(work)
    pthread_mutex_unlock(mutex)
  }
}
