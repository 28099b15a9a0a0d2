// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Synchronization

/// The progress bar of an evaluation, with an estimate of the time left.
final class EvaluationProgress: Sendable {
  private struct State {
    let bar = ProgressBar()
    var start: ContinuousClock.Instant?
  }

  private let state = Mutex(State())

  func show(_ step: EvaluationStep) {
    state.withLock { state in
      let now = ContinuousClock.now
      let start = state.start ?? now
      state.start = start
      let left = Self.timeLeft(step, seconds: (now - start) / .seconds(1))
      state.bar.show(step.answers, of: step.answersInAll, left + step.label)
    }
  }

  func finish() { state.withLock { $0.bar.finish() } }

  /// For example `12 min left · `; empty until there is an estimate.
  private static func timeLeft(_ step: EvaluationStep, seconds: Double) -> String {
    let done = step.answers - step.resumed
    guard done > 0, seconds > 2 else { return "" }
    let left = seconds / Double(done) * Double(step.answersInAll - step.answers)
    return left < 90 ? String(format: "%.0f s left · ", left) : String(format: "%.0f min left · ", left / 60)
  }
}
