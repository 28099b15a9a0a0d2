// SPDX-License-Identifier: Apache-2.0

import Compute
import Foundation
import Testing
import Tuning

/// The times of all schedules of one product, as Tests/Benchmarks/ScheduleTimes has measured them.
struct MeasuredTable {
  let space: ScheduleSpace
  /// By point, in microseconds.
  let times: [Double]

  /// Values of the standard schedule that are not the largest ones of the table.
  private static let standard: [ScheduleKnob: Int] = [.pass: 120, .segments: 1, .prefetch: 0]

  init(named name: String) throws {
    let url = try #require(Bundle.module.url(forResource: name, withExtension: "csv", subdirectory: "Tables"))
    let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
    let knobs = try #require(lines.first).split(separator: ",").dropLast().map { String($0) }
    let rows = lines.dropFirst().map { $0.split(separator: ",").compactMap { Double($0) } }
    let axes = try knobs.enumerated().map { column, name in
      let values = Set(rows.map { Int($0[column]) })
      let knob = try #require(ScheduleKnob(rawValue: name))
      let standard = try #require(Self.standard[knob] ?? values.max())
      return ScheduleSpace.Axis(knob, Array(values), standard: standard)
    }
    space = ScheduleSpace(axes: axes)
    // The table is in the order of points.
    times = rows.compactMap(\.last)
    try #require(times.count == space.count && rows.allSatisfy { $0.count == knobs.count + 1 })
  }

  /// The shortest time of all.
  var fastest: Double { times.min() ?? 0 }

  /// The times of a search's measurements, in their order.
  func search(seed: UInt64, trials: Int, options: ScheduleTuner.Options) -> [Double] {
    var tuner = ScheduleTuner(space: space, seed: seed, options: options)
    while tuner.measurements.count < trials {
      let batch = tuner.nextBatch()
      if batch.isEmpty { break }
      for point in batch.prefix(trials - tuner.measurements.count) {
        tuner.record(.init(point: point, seconds: times[point] * 1e-6))
      }
    }
    return tuner.measurements.map { times[$0.point] }
  }
}

extension [Double] {
  /// How many are measured until one is within `share` of the fastest; one more than there are if none is.
  func trials(until share: Double, of fastest: Double) -> Int {
    1 + (firstIndex { fastest / $0 >= share } ?? count)
  }
}
