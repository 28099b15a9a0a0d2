// SPDX-License-Identifier: Apache-2.0

import Platform

/// The progress of a run.
public struct BenchmarkStep: Sendable, Equatable {
  /// Steps done so far.
  public var done: Int
  /// Steps of the whole run.
  public var all: Int
  /// Name of the measurement under way.
  public var label: String
}

/// Counts and reports the steps of a run, and ends it when asked.
final class BenchmarkProgress {
  private var step: BenchmarkStep
  private let report: (BenchmarkStep) -> Void
  private let stop: StopSource

  init(steps: Int, report: @escaping (BenchmarkStep) -> Void, stop: StopSource) {
    step = BenchmarkStep(done: 0, all: steps, label: "")
    self.report = report
    self.stop = stop
  }

  /// Reports that a step begins.
  ///
  /// - Throws: `BenchmarkError.cancelled`.
  func begin(_ label: String) throws(BenchmarkError) {
    try check()
    step.label = label
    report(step)
    step.done = min(step.done + 1, step.all)
  }

  /// Leaves steps out that need not be done.
  func advance(to done: Int) { step.done = min(done, step.all) }

  /// Ends the run if it is to stop. Called within long steps.
  ///
  /// - Throws: `BenchmarkError.cancelled`.
  func check() throws(BenchmarkError) {
    if stop.isStopped { throw .cancelled }
  }
}
