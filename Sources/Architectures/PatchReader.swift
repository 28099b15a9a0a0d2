// SPDX-License-Identifier: Apache-2.0

import Compute
import Images

/// Turns pixels into patches: a row of `3 × size × size` normalized numbers for each, colour by colour, line by line.
struct PatchReader {
  let size: Int
  /// Normalized values of the 256 shades of red, green and blue.
  private let shades: [Float]

  init(sizes: VisionConfiguration) {
    size = sizes.patchSize
    shades = (0..<3).flatMap { colour in
      (0..<256).map { (Float($0) / 255 - sizes.imageMean[colour]) / sizes.imageDeviation[colour] }
    }
  }

  var width: Int { 3 * size * size }

  func read(_ image: Image, layout: PatchLayout, into rows: FloatMatrix) {
    image.pixels.withUnsafeBufferPointer { pixels in
      shades.withUnsafeBufferPointer { shades in
        layout.visitPatches { index, row, column in
          let corner = (row * size * image.width + column * size) * 3
          rows.fill(row: index, columns: width) { target in
            for colour in 0..<3 {
              for line in 0..<size {
                for dot in 0..<size {
                  let pixel = Int(pixels[corner + (line * image.width + dot) * 3 + colour])
                  target[(colour * size + line) * size + dot] = shades[colour * 256 + pixel]
                }
              }
            }
          }
        }
      }
    }
  }
}
