// SPDX-License-Identifier: Apache-2.0

import CKernels
import Platform
import Synchronization

/// Does one chunk of a job. Its arguments are the job, the chunk's index and the index of the thread that runs it.
public typealias ChunkFunction = @convention(c) (UnsafeRawPointer, Int, Int) -> Void

/// Threads that stay alive and share the chunks of one job after another.
///
/// The thread that calls `run` works too, so `ThreadPool(threads: 1)` starts no thread. Chunks are claimed one by one,
/// so that a thread that other programs slow down claims fewer of them. Between jobs a thread spins for some tens of
/// microseconds, then parks. A job allocates nothing.
public final class ThreadPool: Sendable {
  /// Threads that work on a job, the calling thread included.
  public let threadCount: Int
  private let shared: SharedState

  /// - Parameter threads: threads that work on a job, from 1 to 256; other values are clamped. Fewer are started if the
  ///   system refuses more.
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

  /// Runs chunks `0..<chunks` of a job and returns when all are done. Calls from several threads wait for each other.
  ///
  /// - Parameters:
  ///   - threads: the most threads that work on the job.
  ///   - job: passed on to `body`; must stay valid until the call returns.
  ///   - body: called once for each chunk, on any of the threads.
  public func run(chunks: Int, threads: Int = .max, job: UnsafeRawPointer, _ body: ChunkFunction) {
    guard chunks > 0 else { return }
    if threadCount == 1 || threads <= 1 || chunks == 1 {
      shared.exclusively { for chunk in 0..<chunks { body(job, chunk, 0) } }
    } else {
      shared.exclusively { shared.distribute(chunks: chunks, threads: threads, job: job, body) }
    }
  }
}

/// State that the threads share. It outlives the pool until its last thread has ended.
private final class SharedState: @unchecked Sendable {
  /// The job's number in the upper 32 bits, its unclaimed chunks in the lower 32. One word, so that a late thread can
  /// never claim a chunk of a job that it did not look at.
  private let ticket = Atomic<UInt64>(0)
  /// Chunks of the job that are not done.
  private let unfinished = Atomic<Int>(0)
  /// Threads of this index and above leave the job alone. One that has seen the limit of the job before may still claim
  /// a chunk; that is slower, and not wrong.
  private let threadLimit = Atomic<Int>(.max)
  private let parkedWorkers = Atomic<Int>(0)
  private let callerIsParked = Atomic<Bool>(false)
  private let stopping = Atomic<Bool>(false)

  // Written by the caller before it publishes a job's ticket; read only by threads that have claimed a chunk of that
  // job.
  private var chunks = 0
  private var job: UnsafeRawPointer?
  private var body: ChunkFunction?

  /// Held for the length of a job, so that jobs follow each other.
  private let callers: UnsafeMutablePointer<pthread_mutex_t>
  /// Guards parking and waking.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let work: UnsafeMutablePointer<pthread_cond_t>
  private let done: UnsafeMutablePointer<pthread_cond_t>

  /// Checks before a waiting thread parks: some tens of microseconds.
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

  /// Starts one thread; false if the system refuses.
  static func start(_ shared: SharedState, worker: Int) -> Bool {
    startThread(name: "worker \(worker)") { shared.runChunks(worker: worker) }
  }

  func exclusively(_ action: () -> Void) {
    pthread_mutex_lock(callers)
    action()
    pthread_mutex_unlock(callers)
  }

  func distribute(chunks: Int, threads: Int, job: UnsafeRawPointer, _ body: ChunkFunction) {
    self.chunks = chunks
    self.job = job
    self.body = body
    unfinished.store(chunks, ordering: .relaxed)
    threadLimit.store(threads, ordering: .relaxed)
    let number = ticket.load(ordering: .relaxed) >> 32 &+ 1
    ticket.store(number << 32 | UInt64(chunks), ordering: .sequentiallyConsistent)
    if parkedWorkers.load(ordering: .sequentiallyConsistent) > 0 {
      pthread_mutex_lock(mutex)
      pthread_cond_broadcast(work)
      pthread_mutex_unlock(mutex)
    }
    while runNextChunk(worker: 0) {}
    waitUntilDone()
  }

  /// Claims a chunk and runs it; false if none is left.
  private func runNextChunk(worker: Int) -> Bool {
    var seen = ticket.load(ordering: .acquiring)
    while seen & 0xFFFF_FFFF > 0 {
      let (claimed, current) = ticket.compareExchange(
        expected: seen, desired: seen - 1, ordering: .acquiringAndReleasing)
      if claimed {
        let left = Int(seen & 0xFFFF_FFFF)
        if let body, let job { body(job, chunks - left, worker) }
        finishChunk()
        return true
      }
      seen = current
    }
    return false
  }

  private func finishChunk() {
    let left = unfinished.subtract(1, ordering: .sequentiallyConsistent).newValue
    if left == 0, callerIsParked.load(ordering: .sequentiallyConsistent) {
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
    callerIsParked.store(true, ordering: .sequentiallyConsistent)
    while unfinished.load(ordering: .sequentiallyConsistent) > 0 { pthread_cond_wait(done, mutex) }
    callerIsParked.store(false, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
  }

  private func runChunks(worker: Int) {
    while true {
      var spins = 0
      while !mayWork(worker) || !runNextChunk(worker: worker) {
        if stopping.load(ordering: .relaxed) { return }
        spins += 1
        if spins > SharedState.spinLimit {
          park(worker: worker)
          spins = 0
        } else {
          ck_relax()
        }
      }
    }
  }

  private func mayWork(_ worker: Int) -> Bool { worker < threadLimit.load(ordering: .relaxed) }

  private func park(worker: Int) {
    pthread_mutex_lock(mutex)
    parkedWorkers.add(1, ordering: .sequentiallyConsistent)
    while ticket.load(ordering: .sequentiallyConsistent) & 0xFFFF_FFFF == 0 || !mayWork(worker),
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
