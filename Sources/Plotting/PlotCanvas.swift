// SPDX-License-Identifier: Apache-2.0

import Images

/// An image while it is drawn. Nothing drawn outside has an effect.
struct PlotCanvas {
  struct Color: Equatable {
    var red: UInt8
    var green: UInt8
    var blue: UInt8

    init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
      (self.red, self.green, self.blue) = (red, green, blue)
    }

    static let white = Color(255, 255, 255)
    static let black = Color(25, 25, 28)
    static let grey = Color(110, 110, 116)
    static let pale = Color(200, 200, 206)
    /// Where only other layers cache something of a temporal patch.
    static let nothing = Color(236, 236, 240)
  }

  let width: Int
  let height: Int
  private var pixels: [UInt8]

  /// - Precondition: neither side is negative.
  init(width: Int, height: Int, ground: Color = .white) {
    self.width = width
    self.height = height
    pixels = Array(repeating: 255, count: width * height * 3)
    fill(x: 0, y: 0, width: width, height: height, ground)
  }

  var image: Image { Image(width: width, height: height, pixels: pixels) }

  mutating func set(x: Int, y: Int, _ color: Color) {
    guard x >= 0, x < width, y >= 0, y < height else { return }
    let index = (y * width + x) * 3
    pixels[index] = color.red
    pixels[index + 1] = color.green
    pixels[index + 2] = color.blue
  }

  mutating func fill(x left: Int, y top: Int, width: Int, height: Int, _ color: Color) {
    for y in max(0, top)..<max(0, top, min(self.height, top + height)) {
      for x in max(0, left)..<max(0, left, min(self.width, left + width)) { set(x: x, y: y, color) }
    }
  }

  /// Diagonal lines, `period` apart.
  mutating func hatch(x left: Int, y top: Int, width: Int, height: Int, period: Int, _ color: Color) {
    for y in max(0, top)..<max(0, top, min(self.height, top + height)) {
      for x in max(0, left)..<max(0, left, min(self.width, left + width)) where (x + y) % period == 0 {
        set(x: x, y: y, color)
      }
    }
  }

  mutating func frame(x: Int, y: Int, width: Int, height: Int, _ color: Color) {
    fill(x: x, y: y, width: width, height: 1, color)
    fill(x: x, y: y + height - 1, width: width, height: 1, color)
    fill(x: x, y: y, width: 1, height: height, color)
    fill(x: x + width - 1, y: y, width: 1, height: height, color)
  }

  /// A line from one row down to another.
  mutating func line(fromX: Int, y top: Int, toX: Int, y bottom: Int, thickness: Int, _ color: Color) {
    guard bottom > top else { return }
    for y in top...bottom {
      let x = fromX + (toX - fromX) * (y - top) / (bottom - top)
      let next = fromX + (toX - fromX) * (min(bottom, y + 1) - top) / (bottom - top)
      fill(x: min(x, next), y: y, width: abs(next - x) + thickness, height: 1, color)
    }
  }

  /// Writes a text with its upper left corner at (`left`, `top`); each pixel of the font becomes `scale`×`scale`.
  mutating func write(_ text: String, x left: Int, y top: Int, scale: Int, _ color: Color) {
    for (index, character) in text.enumerated() {
      for (row, bits) in BitmapFont.rows(character).enumerated() {
        for column in 0..<5 where bits >> (4 - column) & 1 == 1 {
          fill(
            x: left + (index * BitmapFont.advance + column) * scale, y: top + row * scale, width: scale,
            height: scale, color)
        }
      }
    }
  }

  /// Copies an image at its own size.
  mutating func put(_ image: Image, x left: Int, y top: Int) {
    for y in 0..<image.height {
      for x in 0..<image.width {
        let index = (y * image.width + x) * 3
        set(
          x: left + x, y: top + y,
          Color(image.pixels[index], image.pixels[index + 1], image.pixels[index + 2]))
      }
    }
  }
}
