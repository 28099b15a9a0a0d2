// SPDX-License-Identifier: Apache-2.0

import Images

/// How a coded image must be rotated and mirrored to stand as it was filmed.
struct Orientation: Equatable {
  /// Rows become columns, before any mirroring.
  var swapsAxes = false
  /// The result is mirrored left to right, and top to bottom.
  var mirrorsColumns = false
  var mirrorsRows = false

  static let upright = Orientation()

  init(swapsAxes: Bool = false, mirrorsColumns: Bool = false, mirrorsRows: Bool = false) {
    self.swapsAxes = swapsAxes
    self.mirrorsColumns = mirrorsColumns
    self.mirrorsRows = mirrorsRows
  }

  /// Reads a display matrix of nine values, row by row: a coded point (x, y) is shown at
  /// (a·x + c·y, b·x + d·y) with a, b = the first row and c, d = the second. A rotation by no multiple of 90° is
  /// taken as the nearest one.
  init(a: Int32, b: Int32, c: Int32, d: Int32) {
    let (straight, crossed) = (abs(Int64(a)) + abs(Int64(d)), abs(Int64(b)) + abs(Int64(c)))
    swapsAxes = crossed > straight
    mirrorsColumns = swapsAxes ? c < 0 : a < 0
    mirrorsRows = swapsAxes ? b < 0 : d < 0
  }

  /// The size after rotation.
  func applied(to size: ImageSize) -> ImageSize {
    swapsAxes ? ImageSize(width: size.height, height: size.width) : size
  }

  /// Writes the rotated copy of packed RGB rows.
  /// - Parameters:
  ///   - source: `size.height` rows of `size.width` pixels, 3 bytes each.
  ///   - destination: the first pixel of the rotated image, whose rows lie `stride` bytes apart.
  func copy(
    _ source: UnsafePointer<UInt8>, size: ImageSize, to destination: UnsafeMutablePointer<UInt8>, stride: Int
  ) {
    let rotated = applied(to: size)
    let sourceStride = size.width * 3
    for y in 0..<rotated.height {
      let row = mirrorsRows ? rotated.height - 1 - y : y
      var out = destination + y * stride
      for x in 0..<rotated.width {
        let column = mirrorsColumns ? rotated.width - 1 - x : x
        let from = source + (swapsAxes ? column * sourceStride + row * 3 : row * sourceStride + column * 3)
        out[0] = from[0]
        out[1] = from[1]
        out[2] = from[2]
        out += 3
      }
    }
  }
}
