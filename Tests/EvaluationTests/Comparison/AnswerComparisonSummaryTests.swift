// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Testing

@Suite("The summary of a comparison of answers")
struct AnswerComparisonSummaryTests {
  private func record(_ id: String, _ turn: Int, _ left: String, _ right: String, tokens: Int) -> AnswerComparisonRecord
  {
    var record = AnswerComparisonRecord(id: id, turn: turn, ask: "?", expected: "yes")
    record.referenceAnswer = left
    record.candidateAnswer = right
    record.referenceLosses = Array(repeating: 1, count: tokens)
    record.candidateLosses = Array(repeating: 2, count: tokens)
    record.divergences = (0..<tokens).map(Double.init)
    return record
  }

  @Test("counts what only one model answers right, and what both answer the same")
  func counts() {
    let summary = AnswerComparisonSummary(records: [
      record("a", 0, "yes", " yes ", tokens: 1), record("a", 1, "yes", "no", tokens: 2),
      record("b", 0, "no", "yes", tokens: 1), record("c", 0, "yes", "no", tokens: 1),
      record("c", 1, "no", "no", tokens: 1),
    ])
    #expect(summary.questions == 5 && summary.lost == 2 && summary.won == 1)
    #expect(summary.referenceExactMatch.value == 0.6 && summary.candidateExactMatch.value == 0.4)
    #expect(abs(summary.difference.value + 0.2) < 1e-9 && summary.sameAnswer.value == 0.2)
    #expect(summary.answers.tokens == 6 && abs(summary.answers.perplexityRatio.value - exp(1)) < 1e-9)
  }

  @Test("has the differences of a position only from answers that reach it")
  func positions() {
    let summary = AnswerComparisonSummary(records: [
      record("a", 0, "yes", "yes", tokens: 1), record("b", 0, "yes", "yes", tokens: 3),
    ])
    #expect(summary.answers.positions.map(\.divergence) == [0, 1, 2])
  }

  @Test("of no question is empty")
  func empty() {
    let summary = AnswerComparisonSummary(records: [])
    #expect(summary.questions == 0 && summary.answers.tokens == 0)
  }
}
