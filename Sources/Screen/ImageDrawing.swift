// SPDX-License-Identifier: Apache-2.0

import Images

/// Draws an image into the middle of an area, in its own shape, in the best way that the terminal offers:
/// two pixels a cell as an upper half block with two colours (24 bits, 256 colours, or four greys of the 16), or
/// one character a cell by lightness where there are fewer colours or none.
package func drawImage(_ image: Image, into grid: inout CellGrid, area: Rectangle, appearance: DrawingCapabilities) {
  let halves = appearance.unicode && [.trueColor, .palette256, .basic16].contains(appearance.depth)
  // A cell is about twice as high as wide: with half blocks pixels are square, with whole cells two rows are one.
  let fitted = fittedSize(
    width: image.width, height: image.height, maximumWidth: area.columns, maximumHeight: area.rows * 2)
  guard fitted.width > 0, fitted.height > 0 else { return }
  let rows = (fitted.height + 1) / 2
  let corner = CellPosition(
    column: area.column + (area.columns - fitted.width) / 2, row: area.row + (area.rows - rows) / 2)
  if halves {
    let small = scaled(image, width: fitted.width, height: fitted.height)
    drawHalfBlocks(halfBlockColors(small, depth: appearance.depth), width: fitted.width, at: corner, into: &grid)
  } else {
    drawRamp(scaled(image, width: fitted.width, height: rows), at: corner, into: &grid, appearance: appearance)
  }
}

private func halfBlockColors(_ image: Image, depth: ColorDepth) -> [CellColor] {
  switch depth {
  case .trueColor:
    return stride(from: 0, to: image.pixels.count, by: 3).map {
      .rgb(image.pixels[$0], image.pixels[$0 + 1], image.pixels[$0 + 2])
    }
  case .palette256:
    return XtermPalette.quantized(image).map { .indexed($0) }
  case .basic16, .basic8, .none:
    return fourGreys(image).map { .indexed($0) }
  }
}

private func drawHalfBlocks(_ colors: [CellColor], width: Int, at corner: CellPosition, into grid: inout CellGrid) {
  let height = colors.count / width
  for row in 0..<(height + 1) / 2 {
    for column in 0..<width {
      let upper = colors[row * 2 * width + column]
      let lower = row * 2 + 1 < height ? colors[(row * 2 + 1) * width + column] : .standard
      grid.put(
        Glyph(text: "▀", width: 1), column: corner.column + column, row: corner.row + row,
        style: CellStyle(upper, on: lower))
    }
  }
}

/// Lightness of a pixel, 0 to 255 (weights of ITU-R BT.601).
private func lightness(_ image: Image, _ pixel: Int) -> Int {
  let index = pixel * 3
  let (red, green, blue) = (
    Int(image.pixels[index]), Int(image.pixels[index + 1]), Int(image.pixels[index + 2])
  )
  return (299 * red + 587 * green + 114 * blue) / 1000
}

/// Black, bright black, white and bright white of the 16 colours, mixed by an ordered dither.
private func fourGreys(_ image: Image) -> [UInt8] {
  let greys: [UInt8] = [0, 8, 7, 15]
  let levels = [0, 127, 229, 255]
  return (0..<image.width * image.height).map { pixel in
    let value = lightness(image, pixel)
    let upper = levels.firstIndex { $0 >= value } ?? 3
    guard upper > 0 else { return greys[0] }
    let share = Float(value - levels[upper - 1]) / Float(levels[upper] - levels[upper - 1])
    let threshold = Dither.threshold(column: pixel % image.width, row: pixel / image.width)
    return greys[share > threshold ? upper : upper - 1]
  }
}

/// A character a cell by lightness. The darkest and the lightest of the image take the ends of the ramp, because few
/// steps leave no room for an image that is all in the middle; a dither mixes the steps.
private func drawRamp(
  _ image: Image, at corner: CellPosition, into grid: inout CellGrid, appearance: DrawingCapabilities
) {
  let shades = appearance.unicode && appearance.depth != .none
  let ramp = (shades ? " ░▒▓█" : " .:-=+*#%@").map { String($0) }
  let values = (0..<image.width * image.height).map { lightness(image, $0) }
  guard let darkest = values.min(), let lightest = values.max() else { return }
  // An image of one tone keeps that tone.
  let low = lightest - darkest < 64 ? 0 : darkest
  let span = Float(lightest - darkest < 64 ? 255 : lightest - darkest)
  for (pixel, value) in values.enumerated() {
    let (column, row) = (pixel % image.width, pixel / image.width)
    let level = Float(value - low) / span * Float(ramp.count - 1)
    let step = Int(level + Dither.threshold(column: column, row: row))
    grid.put(
      Glyph(text: ramp[min(ramp.count - 1, max(0, step))], width: 1), column: corner.column + column,
      row: corner.row + row, style: .plain)
  }
}
