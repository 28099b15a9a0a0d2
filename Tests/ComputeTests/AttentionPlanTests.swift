// SPDX-License-Identifier: Apache-2.0

import Compute
import Testing

/// How the work on one token is split ahead of time.
@Suite struct AttentionPlanTests {
  /// A worker's rows of each head with `counts` rows.
  private func parts(_ plan: AttentionPlan, worker: Int, counts: [Int]) -> [(head: Int, rows: Range<Int>)] {
    var parts: [(head: Int, rows: Range<Int>)] = []
    plan.forEachPart(of: worker, rowCount: { counts[$0] }) { parts.append((head: $0, rows: $1)) }
    return parts
  }

  @Test("workers take equally many rows, however much the heads' budgets differ", arguments: [1, 2, 3, 8])
  func balance(workers: Int) {
    for budgets in [[3000, 1000], [4096, 4096], [100, 7000, 100], [512], [5000, 200, 900, 1700, 40, 160, 2000, 3]] {
      let plan = AttentionPlan(budgets: budgets, workers: workers)
      let fair = Double(budgets.reduce(0, +)) / Double(workers)
      for worker in 0..<workers {
        let rows = parts(plan, worker: worker, counts: budgets).reduce(0) { $0 + $1.rows.count }
        #expect(abs(Double(rows) - fair) <= 16, "\(budgets), worker \(worker)")
      }
    }
  }

  @Test("each row has one worker, whatever the row counts of the heads are", arguments: [1, 2, 3, 8])
  func cover(workers: Int) {
    let plan = AttentionPlan(budgets: [3000, 1000, 17], workers: workers)
    for counts in [[3000, 1000, 17], [1, 1, 1], [40, 999, 0], [2999, 15, 5000]] {
      var next = [0, 0, 0]
      for worker in 0..<workers {
        for (head, rows) in parts(plan, worker: worker, counts: counts) {
          #expect(rows.lowerBound == next[head])
          next[head] = rows.upperBound
        }
      }
      #expect(next == counts)
    }
  }

  @Test("a head is cut at multiples of 16 rows")
  func sixteens() {
    let plan = AttentionPlan(budgets: [1000, 333], workers: 3)
    let ends = (0..<3).flatMap { parts(plan, worker: $0, counts: [1000, 333]) }.map { ($0.head, $0.rows.upperBound) }
    #expect(ends.allSatisfy { $0.1 % 16 == 0 || $0.1 == [1000, 333][$0.0] })
    #expect(ends.count == 4)
  }

  @Test("plans for the same budgets and workers are equal")
  func equal() {
    #expect(AttentionPlan(budgets: [3, 1], workers: 2) == AttentionPlan(budgets: [3, 1], workers: 2))
    #expect(AttentionPlan(budgets: [3, 1], workers: 2) != AttentionPlan(budgets: [1, 3], workers: 2))
  }
}
