// SPDX-License-Identifier: Apache-2.0

/// Measures one part.
protocol Benchmark {
  /// How many steps it tells of.
  var steps: Int { get }
  /// - Throws: `BenchmarkError.cancelled` when it is broken off, or what goes wrong.
  func measure(_ progress: RoundProgress) throws -> [BenchmarkResult]
}

/// Where a run is.
public struct BenchmarkStep: Sendable, Equatable {
  /// Steps done, and how many there are to be.
  public var done: Int
  public var all: Int
  /// What is under way.
  public var label: String
}

/// Counts the steps of a run, tells of them, and breaks off when asked.
final class RoundProgress {
  private var step: BenchmarkStep
  private let report: (BenchmarkStep) -> Void
  private let isCancelled: () -> Bool

  init(rounds: Int, report: @escaping (BenchmarkStep) -> Void, isCancelled: @escaping () -> Bool) {
    step = BenchmarkStep(done: 0, all: rounds, label: "")
    self.report = report
    self.isCancelled = isCancelled
  }

  /// A step begins.
  func begin(_ label: String) throws(BenchmarkError) {
    try check()
    step.label = label
    report(step)
    step.done = min(step.done + 1, step.all)
  }

  /// Asked within long steps.
  func check() throws(BenchmarkError) {
    if isCancelled() { throw .cancelled }
  }
}

/// How long something takes.
func secondsTaken<E: Error>(_ body: () throws(E) -> Void) throws(E) -> Double {
  let start = ContinuousClock.now
  try body()
  return max((ContinuousClock.now - start) / .seconds(1), 1e-9)
}
