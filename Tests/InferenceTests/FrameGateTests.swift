// SPDX-License-Identifier: Apache-2.0

import Images
import Inference
import Testing

@Suite("Frames are looked at more rarely in quiet")
struct FrameGateTests {
  private func image(_ level: UInt8, corner: UInt8? = nil) -> Image {
    var pixels = [UInt8](repeating: level, count: 112 * 84 * 3)
    if let corner {
      for y in 0..<20 { for x in 0..<60 { pixels[y * 336 + x] = corner } }
    }
    return Image(width: 112, height: 84, pixels: pixels)
  }

  /// Times at which frames of two a second are taken.
  private func taken(_ gate: inout FrameGate, _ times: StrideTo<Double>, _ image: (Double) -> Image) -> [Double] {
    times.filter { gate.takes(image($0), at: $0) }
  }

  @Test("In quiet the pauses grow to ten seconds and no further")
  func quiet() {
    var gate = FrameGate(cellSide: 28)
    let times = taken(&gate, stride(from: 0, to: 300, by: 0.5)) { _ in image(90) }
    let pauses = zip(times, times.dropFirst()).map { $1 - $0 }
    #expect(pauses.max() == 10 && pauses.last == 10)
    #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(times.count < 50 && gate.skippedCount == 600 - times.count)
  }

  @Test("Every frame is taken while something changes, from the first one on, and for two seconds after")
  func change() {
    var gate = FrameGate(cellSide: 28)
    let times = taken(&gate, stride(from: 0, to: 120, by: 0.5)) { time in
      (60..<70).contains(time) ? image(90, corner: UInt8(110 + Int(time * 2) % 2 * 60)) : image(90)
    }
    #expect(times.filter { (60...72).contains($0) }.count == 25)
    #expect(times.filter { (80..<120).contains($0) }.count < 12)
  }

  @Test("After a jump back frames are taken at once")
  func jump() {
    var gate = FrameGate(cellSide: 28)
    _ = taken(&gate, stride(from: 0, to: 100, by: 0.5)) { _ in image(90) }
    let taken = [20, 20.5].map { time in gate.takes(image(90), at: time) }
    #expect(taken == [true, true])
  }
}

@Suite("Computing takes a share of the time")
struct ComputeBudgetTests {
  @Test("Work that takes longer than its share is left out so often that the share holds", arguments: [0.1, 0.5, 1])
  func share(share: Double) {
    var budget = ComputeBudget(share: share, now: 0)
    var worked = 0.0
    var now = 0.0
    while now < 1000 {
      if budget.allows(at: now) {
        budget.spend(0.7)
        worked += 0.7
        now += 0.7
      } else {
        now += 0.5
      }
    }
    #expect(abs(worked / now - share) < 0.06 || share == 1 && worked / now > 0.6)
  }

  @Test("A long pause saves up no more than two seconds")
  func saving() {
    var budget = ComputeBudget(share: 0.5, now: 0)
    let atOnce = budget.allows(at: 10_000)
    budget.spend(2.1)
    let (soon, later) = (budget.allows(at: 10_000.1), budget.allows(at: 10_001))
    #expect(atOnce && !soon && later)
  }
}
