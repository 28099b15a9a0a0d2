// SPDX-License-Identifier: Apache-2.0

import Images
import TestSupport
import Testing

@Suite("A change map finds what differs, and not the camera's noise")
struct ChangeMapTests {
  private static let (columns, rows, side) = (8, 6, 28)

  /// A scene of slow gradients and an edge.
  private func scene(_ change: (_ x: Int, _ y: Int) -> Int = { _, _ in 0 }) -> Image {
    let (width, height) = (Self.columns * Self.side, Self.rows * Self.side)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(width * height * 3)
    for y in 0..<height {
      for x in 0..<width {
        let level = 60 + x / 4 + (y > 90 ? 40 : 0) + change(x, y)
        for channel in 0..<3 { pixels.append(UInt8(clamping: level - channel * 10)) }
      }
    }
    return Image(width: width, height: height, pixels: pixels)
  }

  /// The scene with noise of a deviation that is about `amplitude` / 1.7, different in every frame.
  private func noisy(_ amplitude: Int, frame: Int, _ change: (_ x: Int, _ y: Int) -> Int = { _, _ in 0 }) -> Image {
    var generator = SplitMix64(seed: UInt64(frame))
    return scene { x, y in change(x, y) + Int(generator.next() % UInt64(2 * amplitude + 1)) - amplitude }
  }

  private func inCell(_ column: Int, _ row: Int, _ x: Int, _ y: Int) -> Bool {
    x / Self.side == column && y / Self.side == row
  }

  private func cells(_ changes: [Bool]?) -> Set<Int> {
    Set((changes ?? []).indices.filter { changes?[$0] == true })
  }

  @Test("Without a reference of this size nothing can be said")
  func reference() {
    var map = ChangeMap(cellSide: Self.side)
    #expect(map.changes(in: scene()) == nil)
    map.accept()
    #expect(map.changes(in: scene())?.contains(true) == false)
    #expect(map.changes(in: Image(width: 56, height: 56, pixels: [UInt8](repeating: 9, count: 56 * 56 * 3))) == nil)
  }

  @Test("An object of a few pixels is found, and the cells around it count as changed")
  func object() {
    var map = ChangeMap(cellSide: Self.side)
    _ = map.changes(in: scene())
    map.accept()
    let changed = cells(map.changes(in: scene { x, y in (90..<94).contains(x) && (90..<94).contains(y) ? 120 : 0 }))
    let place = 3 * Self.columns + 3
    #expect(changed == Set([-9, -8, -7, -1, 0, 1, 7, 8, 9].map { place + $0 }))
  }

  @Test("A change of colour at the same brightness is found")
  func colour() {
    var map = ChangeMap(cellSide: Self.side)
    _ = map.changes(in: scene())
    map.accept()
    var pixels = scene().pixels
    for y in 0..<20 {
      for x in 0..<20 {
        let index = (y * Self.columns * Self.side + x) * 3
        // Red rises by as much luma as blue falls.
        pixels[index] += 12
        pixels[index + 2] -= 32
      }
    }
    let image = Image(width: Self.columns * Self.side, height: Self.rows * Self.side, pixels: pixels)
    #expect(cells(map.changes(in: image)).contains(0))
  }

  @Test("Only accepted cells become the reference, so that slow light adds up until it counts")
  func slowLight() {
    var map = ChangeMap(cellSide: Self.side)
    _ = map.changes(in: scene())
    map.accept()
    var first: Int?
    for step in 1...10 where first == nil {
      let changes = map.changes(in: scene { _, _ in step })
      map.accept(changes)
      if changes?.contains(true) == true { first = step }
    }
    #expect((2...5).contains(first ?? 0))
    #expect(map.changes(in: scene { _, _ in first ?? 0 })?.contains(true) == false)
  }

  @Test("Noise of a camera is learned within a few frames", arguments: [3, 8, 16])
  func noise(amplitude: Int) {
    var map = ChangeMap(cellSide: Self.side)
    _ = map.changes(in: noisy(amplitude, frame: 0))
    map.accept()
    var active = 0
    for frame in 1...40 {
      let changes = map.changes(in: noisy(amplitude, frame: frame))
      map.accept(changes)
      if frame > 8 { active += cells(changes).count }
    }
    let share = Double(active) / Double(32 * Self.columns * Self.rows)
    #expect(share < 0.02, "\(share)")
    // A person's worth of change is found above it.
    let visitor = cells(map.changes(in: noisy(amplitude, frame: 99) { x, y in inCell(2, 4, x, y) ? 60 : 0 }))
    #expect(visitor.contains(4 * Self.columns + 2))
  }

  @Test("A cut changes everything and teaches no noise")
  func cut() {
    var map = ChangeMap(cellSide: Self.side)
    for _ in 0..<3 { _ = map.changes(in: scene()) }
    map.accept()
    let other = scene { x, y in (x * 7 + y * 13) % 90 }
    #expect(cells(map.changes(in: other)).count > Self.columns * Self.rows * 9 / 10)
    map.accept()
    let small = cells(map.changes(in: scene { x, y in (x * 7 + y * 13) % 90 + (inCell(6, 1, x, y) ? 6 : 0) }))
    #expect(small.contains(Self.columns + 6))
  }
}
