// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The image of a thing, scaled to its size in the frame, with an empty column on either side.
struct Sprite {
  let layers: Layers

  /// - Parameter cell: the image as it is in the sheet.
  init(cell: Layers, _ key: SpriteKey) {
    let factor = Double(key.longest) / Double(max(cell.width, cell.height))
    let width = max(1, Int((Double(cell.width) * factor).rounded()))
    let height = max(1, Int((Double(cell.height) * factor).rounded()))
    // Scaled to a multiple of the size and averaged, so that a shift by a part of a pixel is visible.
    let phases = key.phases
    let large = cell.resized(width: width * phases, height: height * phases)
    var small = Layers(width: width + 2, height: height)
    let share = 1 / Float(phases * phases)
    for row in 0..<large.height {
      for column in 0..<large.width {
        let to = row / phases * small.width + (column + phases + key.phase) / phases
        let from = row * large.width + column
        for layer in 0..<4 { small[to, layer] += large[from, layer] * share }
      }
    }
    layers = small
  }

  /// Draws the sprite on a canvas. Its upper left corner may be outside.
  func draw(on canvas: inout FrameCanvas, left: Int, top: Int) {
    for row in max(0, top)..<max(0, top, min(canvas.side, top + layers.height)) {
      for column in max(0, left)..<max(0, left, min(canvas.side, left + layers.width)) {
        let from = (row - top) * layers.width + column - left
        let to = (row * canvas.side + column) * 3
        let rest = 1 - layers[from, 3]
        for channel in 0..<3 {
          canvas.values[to + channel] = canvas.values[to + channel] * rest + layers[from, channel]
        }
      }
    }
  }
}

extension Layers {
  /// Scales with a Lanczos window of three lobes. Coverage is clamped to 0...1 and colours to 0...255 times coverage.
  func resized(width newWidth: Int, height newHeight: Int) -> Layers {
    let columns = LanczosWeights(from: width, to: newWidth)
    let rows = LanczosWeights(from: height, to: newHeight)
    var narrow = Layers(width: newWidth, height: height)
    for row in 0..<height {
      for (column, taps) in columns.taps.enumerated() {
        for (source, weight) in taps {
          for layer in 0..<4 { narrow[row * newWidth + column, layer] += self[row * width + source, layer] * weight }
        }
      }
    }
    var result = Layers(width: newWidth, height: newHeight)
    for (row, taps) in rows.taps.enumerated() {
      for (source, weight) in taps {
        for column in 0..<newWidth {
          for layer in 0..<4 {
            result[row * newWidth + column, layer] += narrow[source * newWidth + column, layer] * weight
          }
        }
      }
    }
    for pixel in 0..<newWidth * newHeight {
      let cover = min(max(result[pixel, 3], 0), 1)
      result[pixel, 3] = cover
      for channel in 0..<3 { result[pixel, channel] = min(max(result[pixel, channel], 0), 255 * cover) }
    }
    return result
  }
}

/// The weights of old rows or columns in each new one.
private struct LanczosWeights {
  /// For each new line, the old lines in the window with weights that add up to 1.
  let taps: [[(source: Int, weight: Float)]]

  private static let lobes = 3.0

  init(from old: Int, to new: Int) {
    let scale = Double(old) / Double(new)
    // When the image is made smaller, the window grows so that every old line counts.
    let stretch = max(scale, 1)
    let reach = Self.lobes * stretch
    taps = (0..<new).map { line in
      let centre = (Double(line) + 0.5) * scale
      let first = max(0, Int((centre - reach + 0.5).rounded(.down)))
      let last = min(old, Int((centre + reach + 0.5).rounded(.down)))
      let weights = (first..<last).map { Self.window((Double($0) + 0.5 - centre) / stretch) }
      let sum = weights.reduce(0, +)
      return zip(first..<last, weights).map { ($0, Float($1 / sum)) }
    }
  }

  private static func window(_ x: Double) -> Double {
    if x == 0 { return 1 }
    guard abs(x) < lobes else { return 0 }
    let angle = Double.pi * x
    return lobes * sin(angle) * sin(angle / lobes) / (angle * angle)
  }
}
