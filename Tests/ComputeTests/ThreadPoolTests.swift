// SPDX-License-Identifier: Apache-2.0

import Compute
import Dispatch
import Synchronization
import Testing

/// Counts how often each chunk is done.
private final class Tally: Sendable {
  let counts: Mutex<[Int]>
  let workers = Mutex<Set<Int>>([])
  init(_ chunks: Int) { counts = Mutex(Array(repeating: 0, count: chunks)) }

  func run(on pool: ThreadPool, chunks: Int) {
    pool.run(chunks: chunks, job: Unmanaged.passUnretained(self).toOpaque()) { job, chunk, worker in
      let tally = Unmanaged<Tally>.fromOpaque(job).takeUnretainedValue()
      tally.counts.withLock { $0[chunk] += 1 }
      tally.workers.withLock { _ = $0.insert(worker) }
    }
  }
}

@Suite struct ThreadPoolTests {
  @Test("every chunk of every job is done exactly once", arguments: [1, 2, 3, 8])
  func everyChunkOnce(threads: Int) {
    let pool = ThreadPool(threads: threads)
    for chunks in [0, 1, 2, 7, 100] {
      let tally = Tally(chunks)
      tally.run(on: pool, chunks: chunks)
      #expect(tally.counts.withLock { $0 } == Array(repeating: 1, count: chunks))
      #expect(tally.workers.withLock { $0 }.isSubset(of: 0..<threads))
    }
  }

  @Test("ten thousand small jobs in a row are all complete when run returns")
  func manyJobs() {
    let pool = ThreadPool(threads: 2)
    let tally = Tally(3)
    for round in 1...10_000 {
      tally.run(on: pool, chunks: 3)
      guard tally.counts.withLock({ $0 }) == [round, round, round] else {
        Issue.record("after round \(round): \(tally.counts.withLock { $0 })")
        return
      }
    }
  }

  @Test("callers on several threads wait for each other")
  func severalCallers() {
    let pool = ThreadPool(threads: 2)
    let tallies = (0..<4).map { _ in Tally(5) }
    DispatchQueue.concurrentPerform(iterations: 4) { index in
      for _ in 0..<200 { tallies[index].run(on: pool, chunks: 5) }
    }
    for tally in tallies { #expect(tally.counts.withLock { $0 } == Array(repeating: 200, count: 5)) }
  }

  @Test("one thread does everything in place, in order")
  func inline() {
    let order = Mutex<[Int]>([])
    withUnsafePointer(to: order) { job in
      ThreadPool(threads: 1).run(chunks: 5, job: job) { job, chunk, worker in
        job.assumingMemoryBound(to: Mutex<[Int]>.self).pointee.withLock { $0.append(chunk * 10 + worker) }
      }
    }
    #expect(order.withLock { $0 } == [0, 10, 20, 30, 40])
  }

  @Test("a nonsense number of threads still makes a pool that works", arguments: [-5, 0, 100_000])
  func nonsense(threads: Int) {
    let pool = ThreadPool(threads: threads)
    #expect(1...256 ~= pool.threadCount)
    let tally = Tally(4)
    tally.run(on: pool, chunks: 4)
    #expect(tally.counts.withLock { $0 } == [1, 1, 1, 1])
  }

  @Test("pools come and go")
  func shutdown() {
    for _ in 0..<50 {
      let pool = ThreadPool(threads: 3)
      let tally = Tally(2)
      tally.run(on: pool, chunks: 2)
      #expect(tally.counts.withLock { $0 } == [1, 1])
    }
  }
}
