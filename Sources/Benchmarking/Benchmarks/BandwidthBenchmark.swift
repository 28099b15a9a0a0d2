// SPDX-License-Identifier: Apache-2.0

import Compute

/// Measures how fast all threads together read memory.
struct BandwidthBenchmark: Benchmark {
  let machine: Machine
  let rounds: Int

  var steps: Int { rounds }

  func measure(_ progress: RoundProgress) throws -> [BenchmarkResult] {
    let memory = try MemoryBandwidth(machine)
    var rates: [Double] = []
    for _ in 0..<rounds {
      try progress.begin("memory bandwidth")
      rates.append(memory.measure())
    }
    return MedianRange(rates).map { [BenchmarkResult(.bandwidth, unit: .bytesPerSecond, value: $0)] } ?? []
  }
}

extension MemoryBandwidth {
  /// What is read where nobody knows the caches.
  private static let leastBytes = 256 << 20
  private static let mostBytes = 1 << 30

  /// On a buffer of eight times the largest cache, and no more than an eighth of memory.
  convenience init(_ machine: Machine) throws(BenchmarkError) {
    let wanted = min(max(8 * machine.cacheBytes, Self.leastBytes), Self.mostBytes)
    let bytes = machine.memoryBytes > 0 ? min(wanted, machine.memoryBytes / 8) : wanted
    do {
      try self.init(threads: ThreadPool(threads: machine.threads), byteCount: bytes)
    } catch {
      throw .compute(error)
    }
  }
}
