// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import Tuning

/// Searches of a table that was measured once: the same on every machine, without a clock.
///
/// The table is of a product of Q6_K, 896 × 4864, with 256 tokens and two threads (Emerald Rapids), 432 schedules. It
/// was measured at the highest priority on a machine that others kept busy; each time is the shortest of eight.
@Suite("A search of a measured table")
struct ReplayTests {
  private static let seeds = UInt64(0)..<20
  private let table: MeasuredTable

  init() throws { table = try MeasuredTable(named: "prefill") }

  private func searches(diversity: Double, beginsWithStandard: Bool, trials: Int = 48) -> [[Double]] {
    var options = ScheduleTuner.Options()
    options.diversity = diversity
    options.beginsWithStandard = beginsWithStandard
    return Self.seeds.map { table.search(seed: $0, trials: trials, options: options) }
  }

  private func mean(_ values: [Int]) -> Double { Double(values.reduce(0, +)) / Double(values.count) }

  @Test("finds a schedule within 5 % of the fastest of 432 with 48 measurements, whatever the seed")
  func quality() {
    #expect(table.space.count == 432)
    for beginsWithStandard in [true, false] {
      let searches = searches(
        diversity: ScheduleTuner.Options().diversity, beginsWithStandard: beginsWithStandard)
      for (seed, times) in searches.enumerated() {
        let share = table.fastest / (times.min() ?? .infinity)
        #expect(times.count == 48 && share >= 0.95, "seed \(seed): \(share)")
      }
    }
  }

  @Test("comes within 10 % of the fastest by three quarters of the measurements of a plain greedy search, or fewer")
  func fewerMeasurements() {
    let tuner = searches(diversity: ScheduleTuner.Options().diversity, beginsWithStandard: false)
    let greedy = searches(diversity: 0, beginsWithStandard: false)
    let needed = [tuner, greedy].map { searches in
      mean(searches.map { $0.trials(until: 0.9, of: table.fastest) })
    }
    #expect(needed[0] <= 0.75 * needed[1], "\(needed[0]) measurements, greedy \(needed[1])")
  }

  @Test("is never slower than the standard schedule, which it measures first")
  func standard() {
    let standard = table.times[table.space.standardPoint]
    for times in searches(diversity: ScheduleTuner.Options().diversity, beginsWithStandard: true) {
      #expect(times.first == standard && times.min() ?? .infinity <= standard)
    }
  }
}
