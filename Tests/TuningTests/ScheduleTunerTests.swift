// SPDX-License-Identifier: Apache-2.0

import Compute
import Testing
import Tuning

@Suite("A search of schedules")
struct ScheduleTunerTests {
  private let space = ScheduleSpace(axes: [
    .init(.threads, [1, 2], standard: 2), .init(.chunks, [1, 2, 4, 8, 16], standard: 8),
    .init(.tile, [4, 8, 12], standard: 12), .init(.pass, [24, 48, 120, 240], standard: 120),
    .init(.prefetch, [0, 1024, 8192], standard: 0),
  ])

  /// A time that the knobs give in a smooth way.
  private func seconds(_ point: Int) -> Double {
    let at = space.coordinates(of: point).map(Double.init)
    return 1e-3 * (3 - at[0]) * (2 + (at[1] - 2) * (at[1] - 2)) * (4 - at[2]) * (1 + 0.1 * at[3]) * (2 - 0.3 * at[4])
  }

  private func run(_ tuner: inout ScheduleTuner, trials: Int) {
    while tuner.measurements.count < trials {
      let batch = tuner.nextBatch()
      if batch.isEmpty { return }
      for point in batch { tuner.record(.init(point: point, seconds: seconds(point))) }
    }
  }

  @Test("begins with the standard schedule, unless it is not to")
  func standardFirst() {
    for seed in UInt64(0)..<20 {
      var tuner = ScheduleTuner(space: space, seed: seed)
      #expect(tuner.best == nil && tuner.nextBatch().first == space.standardPoint)
    }
    var options = ScheduleTuner.Options()
    options.beginsWithStandard = false
    let first = Set(
      (UInt64(0)..<20).map { seed -> Int? in
        var tuner = ScheduleTuner(space: space, seed: seed, options: options)
        return tuner.nextBatch().first
      })
    #expect(first.count > 10)
  }

  @Test("measures no schedule twice, and all of them in the end")
  func exhaustive() {
    var tuner = ScheduleTuner(space: space, seed: 3)
    run(&tuner, trials: 10_000)
    #expect(tuner.measurements.count == space.count && Set(tuner.measurements.map(\.point)).count == space.count)
    #expect(tuner.nextBatch().isEmpty)
    #expect(tuner.best?.seconds == (0..<space.count).map(seconds).min())
  }

  @Test("is the same for the same seed and the same times, also when it goes on after a stop")
  func replayed() {
    var whole = ScheduleTuner(space: space, seed: 5)
    var same = ScheduleTuner(space: space, seed: 5)
    run(&whole, trials: 40)
    run(&same, trials: 40)
    #expect(whole.measurements == same.measurements)
    var resumed = ScheduleTuner(space: space, seed: 5)
    for measurement in whole.measurements.prefix(20) { resumed.record(measurement) }
    run(&resumed, trials: 40)
    #expect(resumed.measurements.prefix(20) == whole.measurements.prefix(20))
    #expect(Set(resumed.measurements.map(\.point)).count == resumed.measurements.count)
  }

  @Test("finds the fastest schedule of a smooth space by less than a tenth of its points")
  func smooth() {
    let fastest = (0..<space.count).map(seconds).min() ?? 0
    for seed in UInt64(0)..<20 {
      var tuner = ScheduleTuner(space: space, seed: seed)
      run(&tuner, trials: 32)
      let best = tuner.best?.seconds ?? .infinity
      #expect(fastest / best > 0.95, "seed \(seed): \(fastest / best)")
    }
  }

  @Test("chooses schedules that differ from each other more than those that are predicted to be fastest do")
  func diverse() {
    /// Knobs that two schedules of the batch after the same measurements have the same value of.
    func likeness(_ diversity: Double, seed: UInt64) -> Int {
      var options = ScheduleTuner.Options()
      options.diversity = diversity
      var tuner = ScheduleTuner(space: space, seed: seed, options: options)
      for step in 0..<24 {
        let point = (step * 61 + Int(seed)) % space.count
        tuner.record(.init(point: point, seconds: seconds(point)))
      }
      let batch = tuner.nextBatch().map(space.coordinates)
      #expect(batch.count == options.batch)
      var sum = 0
      for (index, one) in batch.enumerated() {
        for other in batch[..<index] { sum += zip(one, other).count { $0 == $1 } }
      }
      return sum
    }
    let seeds = UInt64(0)..<20
    let (tuner, greedy) = (ScheduleTuner.Options().diversity, 0.0)
    #expect(seeds.reduce(0) { $0 + likeness(tuner, seed: $1) } < seeds.reduce(0) { $0 + likeness(greedy, seed: $1) })
  }
}
