// SPDX-License-Identifier: Apache-2.0

/// Measures one or more parts of a plan.
protocol Benchmark {
  /// Number of steps that `measure` reports.
  var steps: Int { get }

  /// - Throws: `BenchmarkError.cancelled` when the run is stopped, or the error of what is measured.
  func measure(_ progress: BenchmarkProgress) throws -> [BenchmarkResult]
}

/// The time that a closure takes, in seconds.
func secondsTaken<E: Error>(_ body: () throws(E) -> Void) throws(E) -> Double {
  let start = ContinuousClock.now
  try body()
  return max((ContinuousClock.now - start) / .seconds(1), 1e-9)
}
