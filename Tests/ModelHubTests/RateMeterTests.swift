// SPDX-License-Identifier: Apache-2.0

import ModelHub
import Testing

@Suite("The rate of a download")
struct RateMeterTests {
  @Test("A rate is that of the last seconds")
  func rate() throws {
    var meter = RateMeter()
    #expect(meter.bytesPerSecond == nil)
    for step in 0...100 { meter.note(step * 1000, at: Double(step) * 0.1) }
    #expect(try abs(#require(meter.bytesPerSecond) - 10_000) < 1)
    for step in 1...100 { meter.note(100_000 + step * 10, at: 10 + Double(step) * 0.1) }
    #expect(try abs(#require(meter.bytesPerSecond) - 100) < 1)
    meter.note(5, at: 21)
    #expect(meter.bytesPerSecond == nil, "the download began again")
    let progress = PullProgress(file: "m", byteCount: 100, wholeByteCount: 300, bytesPerSecond: 50)
    #expect(progress.secondsLeft == 4)
    #expect(PullProgress(file: "m", byteCount: 1, wholeByteCount: 3, bytesPerSecond: 0).secondsLeft == nil)
  }
}
