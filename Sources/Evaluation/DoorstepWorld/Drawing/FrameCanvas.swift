// SPDX-License-Identifier: Apache-2.0

/// A square frame while it is drawn. Values may leave 0...255 until the frame is complete.
struct FrameCanvas: Sendable {
  /// Columns and rows.
  let side: Int
  /// [side][side][3]: red, green, blue.
  var values: [Float]

  init(side: Int) {
    self.side = side
    values = [Float](repeating: 0, count: side * side * 3)
  }

  /// Red, green and blue in 0...255.
  typealias Colour = SIMD3<Double>

  // MARK: Shapes, clipped to the canvas

  /// Fills rows with a gradient, from one colour at the top to another at the bottom.
  mutating func fade(rows: Range<Int>, from first: Colour, to second: Colour) {
    for row in rows.clamped(to: 0..<side) {
      let part = rows.count > 1 ? Double(row - rows.lowerBound) / Double(rows.count - 1) : 0
      fill(row: row, columns: 0...side - 1, with: first * (1 - part) + second * part)
    }
  }

  /// Fills a rectangle, its last column and row included.
  mutating func rectangle(columns: ClosedRange<Int>, rows: ClosedRange<Int>, _ colour: Colour) {
    for row in rows where row >= 0 && row < side { fill(row: row, columns: columns, with: colour) }
  }

  /// Fills the ellipse that touches the sides of a rectangle.
  mutating func ellipse(columns: ClosedRange<Int>, rows: ClosedRange<Int>, _ colour: Colour) {
    let middle = Double(columns.lowerBound + columns.upperBound) / 2
    let centre = Double(rows.lowerBound + rows.upperBound) / 2
    let width = Double(columns.count) / 2
    let height = Double(rows.count) / 2
    for row in rows where row >= 0 && row < side {
      let offset = (Double(row) - centre) / height
      let reach = width * max(0, 1 - offset * offset).squareRoot()
      let first = Int((middle - reach).rounded(.up))
      let last = Int((middle + reach).rounded(.down))
      if first <= last { fill(row: row, columns: first...last, with: colour) }
    }
  }

  private mutating func fill(row: Int, columns: ClosedRange<Int>, with colour: Colour) {
    // Rounded down, as the Python twin does, which draws on an image of bytes.
    let whole = (0..<3).map { Float(min(max(colour[$0], 0), 255).rounded(.down)) }
    for column in columns where column >= 0 && column < side {
      for channel in 0..<3 { values[(row * side + column) * 3 + channel] = whole[channel] }
    }
  }
}
