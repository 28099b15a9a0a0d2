// SPDX-License-Identifier: Apache-2.0

import Images
import Screen
import Testing

@Suite struct ImageDrawingTests {
  private let trueColor = DrawingCapabilities(depth: .trueColor, unicode: true)

  private func image(_ width: Int, _ height: Int, _ color: (Int, Int) -> (UInt8, UInt8, UInt8)) -> Image {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let (red, green, blue) = color(x, y)
        pixels += [red, green, blue]
      }
    }
    return Image(width: width, height: height, pixels: pixels)
  }

  @Test("half blocks carry two pixels: the upper in front, the lower behind")
  func halfBlocks() {
    let shown = image(2, 4) { x, y in (UInt8(x), UInt8(y), 7) }
    var grid = CellGrid(columns: 2, rows: 2)
    drawImage(shown, into: &grid, area: grid.bounds, appearance: trueColor)
    #expect(grid.text == ["▀▀", "▀▀"])
    #expect(grid[0, 0].style == CellStyle(.rgb(0, 0, 7), on: .rgb(0, 1, 7)))
    #expect(grid[1, 1].style == CellStyle(.rgb(1, 2, 7), on: .rgb(1, 3, 7)))
  }

  @Test("an odd height leaves the terminal's background under the last row")
  func oddHeight() {
    let shown = image(3, 3) { _, _ in (9, 9, 9) }
    var grid = CellGrid(columns: 3, rows: 2)
    drawImage(shown, into: &grid, area: grid.bounds, appearance: trueColor)
    #expect(grid[0, 1].style == CellStyle(.rgb(9, 9, 9), on: .standard))
  }

  @Test("the shape is kept and the image stands in the middle")
  func letterbox() {
    let shown = image(40, 10) { _, _ in (1, 2, 3) }
    var grid = CellGrid(columns: 20, rows: 9)
    drawImage(shown, into: &grid, area: grid.bounds, appearance: trueColor)
    let rows = grid.text.indices.filter { !grid.text[$0].isEmpty }
    #expect(rows == [3, 4, 5])
    #expect(grid.text[3] == String(repeating: "▀", count: 20))
  }

  @Test(
    "shapes at the limits are drawn or left out, and never crash",
    arguments: [
      (1, 1), (1, 5000), (5000, 1), (0, 0),
    ])
  func extremes(width: Int, height: Int) {
    let shown = image(width, height) { _, _ in (255, 255, 255) }
    for (columns, rows) in [(1, 1), (30, 10), (0, 3)] {
      for depth in [ColorDepth.trueColor, .palette256, .basic16, .basic8, .none] {
        var grid = CellGrid(columns: columns, rows: rows)
        drawImage(
          shown, into: &grid, area: grid.bounds, appearance: DrawingCapabilities(depth: depth, unicode: true))
        #expect(grid.columns == columns)
      }
    }
  }

  @Test("a smaller image is the mean of what it covers")
  func areaMean() {
    let checker = image(4, 4) { x, y in (x + y) % 2 == 0 ? (200, 100, 0) : (100, 0, 0) }
    #expect(scaled(checker, width: 2, height: 2).pixels == Array(repeating: [150, 50, 0], count: 4).flatMap { $0 })
    let uneven = image(3, 1) { x, _ in (UInt8(x * 90), 0, 0) }
    #expect(scaled(uneven, width: 2, height: 1).pixels == [30, 0, 0, 150, 0, 0])
  }

  @Test("an image of one colour keeps it at every size")
  func constant() {
    let flat = image(37, 23) { _, _ in (11, 130, 251) }
    for (width, height) in [(1, 1), (5, 3), (36, 23), (80, 50)] {
      let result = scaled(flat, width: width, height: height)
      let colors = stride(from: 0, to: result.pixels.count, by: 3).map { Array(result.pixels[$0..<$0 + 3]) }
      #expect(Set(colors) == [[11, 130, 251]])
    }
  }

  @Test("colours of the palette are their own nearest", arguments: [16, 21, 52, 67, 124, 196, 226, 231, 232, 243, 255])
  func paletteColors(number: UInt8) {
    let color = XtermPalette.color(number)
    let nearest = XtermPalette.nearest(red: color.red, green: color.green, blue: color.blue)
    #expect(XtermPalette.color(nearest) == color)
  }

  @Test(
    "colours between go to the one that looks nearest",
    arguments: [
      ((250, 5, 5), 196), ((7, 7, 9), 232), ((129, 127, 128), 244), ((100, 140, 170), 67), ((250, 250, 252), 231),
    ] as [((Int, Int, Int), UInt8)])
  func between(color: (Int, Int, Int), number: UInt8) {
    #expect(XtermPalette.nearest(red: color.0, green: color.1, blue: color.2) == number)
  }

  @Test("with 256 colours an area keeps its tone on the whole")
  func dither() {
    let grey = image(16, 16) { _, _ in (123, 123, 123) }
    let numbers = XtermPalette.quantized(grey)
    let mean = numbers.reduce(0) { $0 + XtermPalette.color($1).red } / numbers.count
    #expect(abs(mean - 123) <= 6)
    #expect(XtermPalette.quantized(grey) == numbers)
  }

  @Test("the four greys of sixteen colours mix to a tone")
  func fourGreys() {
    let ramp = image(64, 2) { x, _ in (UInt8(x * 4), UInt8(x * 4), UInt8(x * 4)) }
    var grid = CellGrid(columns: 64, rows: 1)
    drawImage(ramp, into: &grid, area: grid.bounds, appearance: DrawingCapabilities(depth: .basic16, unicode: true))
    #expect(grid[0, 0].style.foreground == .indexed(0))
    #expect(grid[63, 0].style.foreground == .indexed(15))
    let used = Set((0..<64).map { grid[$0, 0].style.foreground }.map { "\($0)" })
    #expect(used.count == 4)
  }

  @Test("without colours, characters go from dark to light")
  func ramp() {
    let gradient = image(10, 2) { x, _ in (UInt8(x * 28), UInt8(x * 28), UInt8(x * 28)) }
    var grid = CellGrid(columns: 10, rows: 1)
    drawImage(gradient, into: &grid, area: grid.bounds, appearance: DrawingCapabilities(depth: .none, unicode: true))
    let ramp = Array(" .:-=+*#%@")
    let steps = grid.text[0].padding(to: 10).map { ramp.firstIndex(of: $0) ?? -1 }
    #expect(steps.first == 0)
    #expect(steps.last == 9)
    #expect(zip(steps, steps.dropFirst()).allSatisfy { $1 >= $0 - 1 })
    #expect(!steps.contains(-1))
    #expect((0..<10).allSatisfy { grid[$0, 0].style == .plain })
  }

  @Test("where only ASCII goes, the image is ASCII")
  func ascii() {
    let shown = image(8, 8) { x, y in (UInt8(x * 30), UInt8(y * 30), 99) }
    var grid = CellGrid(columns: 8, rows: 4)
    drawImage(shown, into: &grid, area: grid.bounds, appearance: DrawingCapabilities(depth: .trueColor, unicode: false))
    #expect(grid.text.joined().unicodeScalars.allSatisfy { $0.isASCII })
  }
}

extension String {
  fileprivate func padding(to length: Int) -> String { self + String(repeating: " ", count: max(0, length - count)) }
}
