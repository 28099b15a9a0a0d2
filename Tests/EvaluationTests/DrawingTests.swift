// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Images
import Inference
import Testing

@Suite("Drawn frames")
struct DrawingTests {
  private func painter(_ visits: [Visit], side: Int = 112, time: Story.TimeOfDay = .day) throws -> StreamPainter {
    let story = Story(scene: .street, time: time, visits: visits, length: 60)
    return StreamPainter(story, side: side, random: SeededGenerator(seed: 11), sheet: try ThingSheet())
  }

  private func visit(_ thing: Thing, seed: UInt64 = 2) -> Visit {
    var random = SeededGenerator(seed: seed)
    return Visit(of: thing, at: 5, actions: [0, 1, 0], &random)
  }

  /// Columns in which two frames differ by more than the camera's noise.
  private func changedColumns(_ one: Image, _ other: Image) -> [Int] {
    (0..<one.width).filter { column in
      (0..<one.height).contains { row in
        let index = (row * one.width + column) * 3
        return (0..<3).contains { abs(Int(one.pixels[index + $0]) - Int(other.pixels[index + $0])) > 40 }
      }
    }
  }

  @Test("are the same for the same moment, in whatever order they are drawn")
  func deterministic() throws {
    var one = try painter([visit(.cat)])
    var other = try painter([visit(.cat)])
    let first = one.frame(at: 7)
    _ = other.frame(at: 20)
    #expect(other.frame(at: 7) == first)
    #expect(one.frame(at: 7.5) != first)
  }

  @Test("show a thing where the story has it, and nothing else", arguments: Thing.allCases)
  func things(thing: Thing) throws {
    let visit = visit(thing)
    var with = try painter([visit])
    var without = try painter([])
    let standing = visit.start + visit.corners[1].time + 1
    let columns = changedColumns(with.frame(at: standing), without.frame(at: standing))
    let first = try #require(columns.first)
    let last = try #require(columns.last)
    let middle = Double(first + last + 1) / 2 / 112
    #expect(abs(middle - visit.position(at: standing)) < 0.06)
    #expect(Double(last - first) / 112 <= visit.size + 0.03)
    #expect(changedColumns(with.frame(at: 1), without.frame(at: 1)).isEmpty, "before it comes")
  }

  @Test("are darker by night")
  func light() throws {
    let brightness = { (time: Story.TimeOfDay) in
      var painter = try painter([], time: time)
      return painter.frame(at: 0).pixels.reduce(0) { $0 + Int($1) }
    }
    #expect(try brightness(.night) < brightness(.evening))
    #expect(try brightness(.evening) < brightness(.day))
  }

  @Test("come in the size that a model takes", arguments: [28, 112, 308])
  func sizes(side: Int) throws {
    var painter = try painter([visit(.bus)], side: side)
    let image = painter.frame(at: 7)
    #expect((image.width, image.height) == (side, side))
  }
}
