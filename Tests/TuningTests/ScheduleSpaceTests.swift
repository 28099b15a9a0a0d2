// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile
import Testing
import Tuning

@Suite("A space of schedules")
struct ScheduleSpaceTests {
  private func shape(_ type: TensorType = .q4_0, isRepacked: Bool = true, columns: Int = 4864) -> ProductShape {
    ProductShape([ProductShape.Matrix(type: type, isRepacked: isRepacked, rows: 896)], columns: columns, tokens: 256)
  }

  @Test("has every combination of its knobs' values once, and the standard one among them")
  func points() {
    let space = ScheduleSpace(axes: [
      .init(.threads, [1, 2], standard: 2), .init(.chunks, [8, 1, 4], standard: 8), .init(.tile, [6], standard: 6),
    ])
    #expect(space.count == 6 && space.axes.map(\.knob) == [.threads, .chunks], "a knob with one value is no knob")
    #expect(Set((0..<space.count).map(space.schedule)).count == 6)
    for point in 0..<space.count { #expect(space.point(at: space.coordinates(of: point)) == point) }
    #expect(space.schedule(at: space.standardPoint) == .standard)
    #expect(space.coordinates(of: space.standardPoint) == [1, 2])
  }

  @Test("has schedules within the bounds of their knobs alone", arguments: [1, 2, 7, 64, 256])
  func bounds(threads: Int) {
    for tokens in [1, 3, 8, 12, 30, 256, 1024] {
      for isRepacked in [true, false] {
        let space = ScheduleSpace(shape(isRepacked: isRepacked), tokens: tokens, threads: threads)
        for point in 0..<space.count { #expect(space.schedule(at: point).isWithinBounds) }
      }
    }
  }

  @Test("leaves out knobs that change nothing")
  func knobs() {
    func knobs(_ shape: ProductShape, tokens: Int, threads: Int = 2) -> Set<ScheduleKnob> {
      Set(ScheduleSpace(shape, tokens: tokens, threads: threads).axes.map(\.knob))
    }
    #expect(knobs(shape(isRepacked: false), tokens: 256) == [.threads, .chunks])
    #expect(knobs(shape(isRepacked: false), tokens: 256, threads: 1) == [.chunks])
    guard InstructionSet.best.supportsRepacking else { return }
    #expect(knobs(shape(), tokens: 1) == [.threads, .chunks, .prefetch])
    #expect(!knobs(shape(columns: 896), tokens: 256).contains(.segments), "the columns are one segment")
    #expect(knobs(shape(), tokens: 256).isSuperset(of: [.threads, .chunks, .pass, .segments, .prefetch]))
  }
}
