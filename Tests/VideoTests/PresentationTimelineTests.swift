// SPDX-License-Identifier: Apache-2.0

import Testing
import Video

@Suite("The timestamps of a stream")
struct PresentationTimelineTests {
  private func timeline(origin: Int64? = nil, longestStep: Double = 100) -> PresentationTimeline {
    PresentationTimeline(
      timeBase: .init(numerator: 1, denominator: 1000), origin: origin, nominalDuration: 0.04, longestStep: longestStep)
  }

  private func times(_ timestamps: [Int64?], duration: Int64 = 0, in timeline: PresentationTimeline) -> [Double] {
    var timeline = timeline
    return timestamps.map { timeline.place(timestamp: $0, duration: duration).time }
  }

  @Test("become seconds since the stated beginning, or since the first frame")
  func origin() {
    #expect(times([5000, 5040, 5500], in: timeline(origin: 4000)) == [1, 1.04, 1.5])
    #expect(times([5000, 5040, 5500], in: timeline()) == [0, 0.04, 0.5])
  }

  @Test("that are missing follow from how long the frame before lasts")
  func missing() {
    #expect(times([nil, nil, nil], in: timeline()) == [0, 0.04, 0.08])
    #expect(times([0, nil, 1000], duration: 500, in: timeline()) == [0, 0.5, 1])
  }

  @Test("are moved from a frame on")
  func delayed() {
    var timeline = timeline()
    _ = timeline.place(timestamp: 0, duration: 0)
    #expect(timeline.place(timestamp: 1000, duration: 0).time == 1)
    timeline.delay(by: -0.75)
    #expect(timeline.place(timestamp: 1500, duration: 0).time == 0.75)
    timeline.delay(by: 2)
    #expect(timeline.place(timestamp: 1540, duration: 0).time == 2.79)
  }

  @Test("that go back a little wait until time has caught up, and never decrease")
  func smallStepBack() {
    #expect(times([0, 100, 60, 120], in: timeline()) == [0, 0.1, 0.1, 0.12])
  }

  @Test("that begin again, or jump beyond belief, go on where they were")
  func jumps() {
    #expect(times([0, 1000, 2000, 0, 1000], duration: 1000, in: timeline()) == [0, 1, 2, 2, 2])
    #expect(times([9000, 9040, 0, 40], duration: 40, in: timeline()) == [0, 0.04, 0.08, 0.12])
    #expect(times([0, 40, 500_000, 500_040], duration: 40, in: timeline()) == [0, 0.04, 0.08, 0.12])
  }

  @Test("at the limits of their type do not trap")
  func extremes() {
    for first in [Int64.min + 1, -1, 0, .max] {
      for second in [Int64.min + 1, -1, 0, .max] {
        let times = times([first, second, nil, 5], duration: .max, in: timeline(origin: 7))
        #expect(times.allSatisfy { $0.isFinite && $0 >= 0 })
        #expect(times == times.sorted())
      }
    }
  }

  @Test("are taken as they are after a jump within the stream")
  func seek() {
    var timeline = timeline(origin: 0)
    _ = timeline.place(timestamp: 0, duration: 40)
    timeline.expectJump()
    #expect(timeline.place(timestamp: 90_000_000, duration: 40).time == 90_000)
    timeline.expectJump()
    #expect(timeline.place(timestamp: 40, duration: 40).time == 0.04)
  }

  @Test("of a source that was reached again go on from the time that has passed")
  func resumed() {
    var resumed = timeline(origin: 0).resumed(at: 12.5, timeBase: .init(numerator: 1, denominator: 10))
    #expect(resumed.place(timestamp: 777, duration: 0).time == 12.5)
    #expect(resumed.place(timestamp: 782, duration: 0).time == 13)
  }
}
