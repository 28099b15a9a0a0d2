import Compute
import Pictures

/// The order of a picture's patches in the vision tower: squares of merge × merge patches one after the other, row by
/// row, and within each square its patches row by row, so that the patches of one token lie together.
struct PatchLayout: Hashable {
  /// Patches down and across; multiples of `merge`.
  let height: Int
  let width: Int
  let merge: Int

  var count: Int { height * width }

  /// Calls `body` with each patch's index in the tower, and its row and column in the picture.
  func forEach(_ body: (_ index: Int, _ row: Int, _ column: Int) -> Void) {
    var index = 0
    for blockRow in stride(from: 0, to: height, by: merge) {
      for blockColumn in stride(from: 0, to: width, by: merge) {
        for row in blockRow..<blockRow + merge {
          for column in blockColumn..<blockColumn + merge {
            body(index, row, column)
            index += 1
          }
        }
      }
    }
  }
}

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

  func read(_ picture: Picture, layout: PatchLayout, into rows: Rows) {
    picture.pixels.withUnsafeBufferPointer { pixels in
      shades.withUnsafeBufferPointer { shades in
        layout.forEach { index, row, column in
          let corner = (row * size * picture.width + column * size) * 3
          rows.fill(row: index, columns: width) { target in
            for colour in 0..<3 {
              for line in 0..<size {
                for dot in 0..<size {
                  let pixel = Int(pixels[corner + (line * picture.width + dot) * 3 + colour])
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
