// SPDX-License-Identifier: Apache-2.0

import Testing
import Video

@Suite("The sampling clock")
struct FrameSamplingClockTests {
  @Test("gives each instant to the frame shown at it, and no instant twice")
  func instants() {
    var clock = FrameSamplingClock(rate: 2, tick: 0.001)
    #expect(clock.instants(before: 0.4) == 0..<1)
    #expect(clock.instants(before: 0.5) == 1..<1)
    #expect(clock.instants(before: 2.0) == 1..<4)
    #expect(clock.instants(before: 1.0).isEmpty)
  }

  @Test("leaves out the instants of a gap, but not the one that the first frame is only just late for")
  func gaps() {
    var clock = FrameSamplingClock(rate: 2, tick: 0.001)
    clock.skip(to: 0.08)
    #expect(clock.instants(before: 0.5) == 0..<1)
    clock.skip(to: 3.2)
    #expect(clock.instants(before: 3.4) == 6..<7)
  }

  @Test("goes on after a seek with the first instant that is not before it")
  func restart() {
    var clock = FrameSamplingClock(rate: 3, tick: 0.001)
    clock.restart(at: 1.0 / 3)
    #expect(clock.next == 1)
    clock.restart(at: 0.34)
    #expect(clock.next == 2)
  }

  @Test("counts right far into a long stream, at any rate")
  func longStreams() {
    for rate in [0.1, 1, 2, 3, 7.5, 29.97, 30] {
      var clock = FrameSamplingClock(rate: rate, tick: 1.0 / 90_000)
      var count = 0
      for hour in 1...240 { count += clock.instants(before: Double(hour) * 3600).count }
      #expect(count == Int((240 * 3600 * rate - 1e-3).rounded(.up)))
    }
  }
}
