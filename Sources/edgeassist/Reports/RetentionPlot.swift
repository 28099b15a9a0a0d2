// SPDX-License-Identifier: Apache-2.0

import Images
import Plotting
import Records
import SessionInterface
import Video

/// What configurations still hold of a stream, one picture below the other.
struct RetentionPlot {
  private let maps: [(label: String, map: RetentionMap)]

  private static let width = 1200
  private static let height = 420

  /// - Parameter maps: each with the name of what held it.
  init(_ maps: [(label: String, map: RetentionMap)]) {
    self.maps = maps
  }

  /// - Throws: `ReportedError.outputUnwritable`, also where there is nothing to draw.
  func write(to path: String) throws(ReportedError) {
    guard !maps.isEmpty else {
      throw .outputUnwritable(message: "there is nothing to draw in \(path): no bounded configuration read a stream")
    }
    var pixels: [UInt8] = []
    for (label, map) in maps {
      pixels += RetentionHeatmap.draw(map: map, width: Self.width, height: Self.height, title: label).pixels
    }
    let image = Image(width: Self.width, height: Self.height * maps.count, pixels: pixels)
    do { try ImageFile.write(image, to: path) } catch { throw .outputUnwritable(message: error.description) }
  }
}
