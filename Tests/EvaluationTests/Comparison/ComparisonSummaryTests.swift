// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Testing

@Suite("The summary of a comparison")
struct ComparisonSummaryTests {
  private func record(_ window: Int, losses: [Double], more: Double, flips: [Int]) -> ComparisonRecord {
    var record = ComparisonRecord(window: window)
    record.referenceLosses = losses
    record.candidateLosses = losses.map { $0 + more }
    record.divergences = losses.indices.map { Double($0) / 10 }
    record.flips = flips
    return record
  }

  @Test("has perplexities, their ratio and quantiles of all tokens")
  func figures() {
    let losses = Array(repeating: log(8.0), count: 10)
    let summary = ComparisonSummary(records: [
      record(0, losses: losses, more: log(2), flips: [9]), record(1, losses: losses, more: log(2), flips: []),
    ])
    #expect(summary.windows == 2 && summary.tokens == 20)
    #expect(abs(summary.referencePerplexity.value - 8) < 1e-9)
    #expect(abs(summary.perplexityRatio.value - 2) < 1e-9 && abs(summary.perplexityRatio.low - 2) < 1e-9)
    #expect(abs(summary.divergence.value - 0.45) < 1e-9 && abs(summary.sameTop.value - 0.95) < 1e-9)
    #expect(summary.divergenceQuantiles.map(\.value) == [0.4, 0.8, 0.9, 0.9, 0.9])
  }

  @Test("tells differences apart by position")
  func positions() {
    let losses = Array(repeating: 1.0, count: 16)
    let summary = ComparisonSummary(records: [record(0, losses: losses, more: 0, flips: [0, 1, 15])])
    #expect(summary.positions.map(\.flips) == [1, 0, 0, 0, 0, 0, 0, 0.5])
    #expect(summary.positions.map(\.first) == [0, 2, 4, 6, 8, 10, 12, 14])
    #expect(abs(summary.positions[7].divergence - 1.45) < 1e-9)
  }

  @Test("of no window is empty")
  func empty() {
    let summary = ComparisonSummary(records: [])
    #expect(summary.tokens == 0 && summary.positions.isEmpty && summary.divergence.value == 0)
  }
}
