// SPDX-License-Identifier: Apache-2.0

import CKernels
import Platform

/// Measures how fast the threads of a pool together read memory, on a buffer larger than the processor's caches.
///
/// Decoding reads every weight once a token, so this bandwidth limits its speed. The buffer is reserved as memory for
/// repacked weights is: on large pages where the system has them. One caller uses it at a time.
public final class MemoryBandwidth {
  /// Bytes of the buffer.
  public let byteCount: Int
  private let threads: ThreadPool
  private let buffer: UnsafeMutableRawPointer

  private static let lineBytes = 64
  /// Cache lines of one chunk of work, 1 MiB.
  private static let chunkLines = (1 << 20) / lineBytes

  /// - Parameter byteCount: size of the buffer, several times that of the processor's largest cache.
  /// - Throws: `ComputeError.outOfMemory` if the system refuses the memory.
  public init(threads: ThreadPool, byteCount: Int) throws(ComputeError) {
    self.threads = threads
    self.byteCount = max(byteCount / Self.lineBytes, 1) * Self.lineBytes
    guard let memory = ck_allocate(self.byteCount) else { throw .outOfMemory(bytes: self.byteCount) }
    // Pages that were never written all map to one page of zeros, which fits into a cache.
    memset(memory, 1, self.byteCount)
    buffer = memory
  }

  deinit { ck_deallocate(buffer, byteCount) }

  /// Bytes per second: the median over `readings` readings of the whole buffer.
  public func measure(readings: Int = 3) -> Double {
    let rates = (0..<max(readings, 1)).map { _ in
      let start = ContinuousClock.now
      read()
      return Double(byteCount) / max((ContinuousClock.now - start) / .seconds(1), 1e-9)
    }
    return rates.sorted()[rates.count / 2]
  }

  private struct Job {
    var base: UnsafeRawPointer
    var lines: Int
  }

  private func read() {
    var job = Job(base: UnsafeRawPointer(buffer), lines: byteCount / Self.lineBytes)
    let chunks = (job.lines + Self.chunkLines - 1) / Self.chunkLines
    threads.run(chunks: chunks, job: &job) { job, chunk, _ in
      let job = job.assumingMemoryBound(to: Job.self).pointee
      let first = chunk * MemoryBandwidth.chunkLines
      let lines = min(MemoryBandwidth.chunkLines, job.lines - first)
      _ = ck_read_cache_lines(job.base + first * MemoryBandwidth.lineBytes, lines)
    }
  }
}
