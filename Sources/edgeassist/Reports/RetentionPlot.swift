// SPDX-License-Identifier: Apache-2.0

import Images
import Plotting
import Records
import SessionInterface
import Video

/// Which frames of a stream configurations retain: a heat map for each, one below the other.
struct RetentionPlot {
  private let maps: [(label: String, map: RetentionMap)]

  private static let width = 1200
  private static let height = 420

  /// - Parameter maps: each with the name of its configuration.
  init(_ maps: [(label: String, map: RetentionMap)]) {
    self.maps = maps
  }

  /// Writes the heat maps as a PNG file.
  ///
  /// - Throws: `ReportedError.outputUnwritable`, also without maps.
  func write(to path: String) throws(ReportedError) {
    guard !maps.isEmpty else {
      throw .outputUnwritable(message: "there is nothing to draw in \(path): no bounded configuration was evaluated")
    }
    var pixels: [UInt8] = []
    for (label, map) in maps {
      pixels += RetentionHeatmap.draw(map: map, width: Self.width, height: Self.height, title: label).pixels
    }
    let image = Image(width: Self.width, height: Self.height * maps.count, pixels: pixels)
    do { try PNGFile.write(image, to: path, stop: InterruptSignals.arrival) } catch {
      throw .outputUnwritable(message: error.description)
    }
  }
}
