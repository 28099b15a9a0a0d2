// SPDX-License-Identifier: Apache-2.0

import Compute

/// Measures the bandwidth of memory when all threads read.
struct BandwidthBenchmark: Benchmark {
  let machine: Machine
  let repetitions: Int

  var steps: Int { repetitions }

  func measure(_ progress: BenchmarkProgress) throws -> [BenchmarkResult] {
    let memory = try MemoryBandwidth(machine)
    var rates: [Double] = []
    for _ in 0..<repetitions {
      try progress.begin("memory bandwidth")
      rates.append(memory.measure())
    }
    return MedianRange(rates).map { [BenchmarkResult(.bandwidth, unit: .bytesPerSecond, value: $0)] } ?? []
  }
}

extension MemoryBandwidth {
  /// Size of the buffer if the caches are not known.
  private static let leastBytes = 256 << 20
  private static let mostBytes = 1 << 30

  /// Reads a buffer of eight times the largest cache, but of no more than an eighth of memory.
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
