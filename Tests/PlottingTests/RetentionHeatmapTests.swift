// SPDX-License-Identifier: Apache-2.0

import Foundation
import Images
import Plotting
import Records
import SessionInterface
import Testing

@Suite struct RetentionHeatmapTests {
  private func pixel(_ image: Image, _ x: Int, _ y: Int) -> [UInt8] {
    Array(image.pixels[(y * image.width + x) * 3..<(y * image.width + x) * 3 + 3])
  }

  private func rgb(_ share: Float) -> [UInt8] {
    let color = HeatScale.color(at: HeatScale.position(of: share))
    return [color.red, color.green, color.blue]
  }

  /// Pixels of a colour, by rows.
  private func count(_ color: [UInt8], in image: Image, rows: Range<Int>? = nil) -> Int {
    (rows ?? 0..<image.height).reduce(0) { sum, y in
      sum + (0..<image.width).count { pixel(image, $0, y) == color }
    }
  }

  @Test(
    "The image has the size asked for, down to a pixel",
    arguments: [
      (1200, 640), (400, 200), (90, 40), (30, 300), (300, 20), (1, 1),
    ])
  func sizes(width: Int, height: Int) {
    let thumbnail = flatImage(width: 48, height: 36, red: 200)
    let map = RetentionMap.of((0..<40).map { patch($0 * 3, thumbnail: thumbnail) }, seen: 130)
    let image = RetentionHeatmap.draw(map: map, width: width, height: height)
    #expect(image.width == width && image.height == height)
  }

  @Test("What is cached has the colours of its shares, what is evicted none of the scale")
  func colours() {
    let half = RetentionMap.PatchShares(number: 0, time: 0, shares: [1, 0.25])
    let image = RetentionHeatmap.draw(
      map: RetentionMap(layers: 2, temporalPatchesSeen: 2, startTime: 0, temporalPatches: [half]), width: 600,
      height: 300)
    let (full, quarter) = (count(rgb(1), in: image), count(rgb(0.25), in: image))
    #expect(full > 5_000)
    #expect(abs(full - quarter) < full / 10, "both layers are as high")
    let other = RetentionHeatmap.draw(
      map: RetentionMap(layers: 2, temporalPatchesSeen: 2, startTime: 0, temporalPatches: []), width: 600, height: 300)
    #expect(count(rgb(1), in: other) < 100, "the legend alone")
  }

  @Test("Thumbnails stand above the map")
  func thumbnails() {
    let map = RetentionMap.of([patch(0, thumbnail: flatImage(width: 48, height: 36, red: 77))], seen: 1)
    let image = RetentionHeatmap.draw(map: map, width: 800, height: 400)
    #expect(count([77, 0, 0], in: image, rows: 0..<200) > 2_000)
    #expect(count([77, 0, 0], in: image, rows: 200..<400) == 0)
  }

  @Test("Maps that make no sense are drawn all the same")
  func nonsense() {
    let odd = RetentionMap.PatchShares(
      number: .max, time: .nan, shares: [.nan, -4], thumbnail: Image(width: 0, height: 0, pixels: []))
    for map in [
      RetentionMap.of([], seen: 0), .of([odd], seen: -1, layers: -3), .of([odd, odd], seen: .max, layers: 1000),
      .of([patch(3, thumbnail: flatImage(width: 1, height: 900, red: 1))], seen: 4, layers: 0),
    ] {
      #expect(RetentionHeatmap.draw(map: map, width: 500, height: 300, title: "«漢» \u{7}").width == 500)
    }
  }
}
