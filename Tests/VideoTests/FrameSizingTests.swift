// SPDX-License-Identifier: Apache-2.0

import Foundation
import Images
import Testing
import Video

@Suite("The size of sampled frames")
struct FrameSizingTests {
  @Test("equals Hugging Face's smart_resize, halves rounded to even included")
  func equalsReference() throws {
    let url = Bundle.module.bundleURL.appendingPathComponent("Goldens/smart_resize.csv")
    let rows = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(rows.count > 400)
    for row in rows {
      let numbers = row.split(separator: ",").compactMap { Int($0) }
      try #require(numbers.count == 6)
      let sizing = FrameSizing(minimumPixels: numbers[2], maximumPixels: numbers[3])
      let size = sizing.sampledSize(of: ImageSize(width: numbers[0], height: numbers[1]))
      #expect(size == ImageSize(width: numbers[4], height: numbers[5]), "\(row)")
    }
  }

  @Test(
    "of LFM2-VL is that of its processor in transformers, small images enlarged",
    arguments: [
      (64, 64, 256, 256), (100, 40, 416, 192), (160, 120, 320, 224), (33, 200, 128, 640), (255, 255, 256, 256),
      (320, 240, 320, 256), (640, 480, 576, 416), (1920, 1080, 672, 384),
    ])
  func lfm2(width: Int, height: Int, sampledWidth: Int, sampledHeight: Int) {
    let sizing = FrameSizing(minimumPixels: 64 * 1024, maximumPixels: 256 * 1024, multiple: 32)
    #expect(
      sizing.sampledSize(of: ImageSize(width: width, height: height))
        == ImageSize(width: sampledWidth, height: sampledHeight))
  }

  @Test("of MiniCPM-V is that of its processor's overview in transformers, small images enlarged")
  func overview() throws {
    let url = Bundle.module.bundleURL.appendingPathComponent("Goldens/overview_resize.csv")
    let rows = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(rows.count > 200)
    for row in rows {
      let numbers = row.split(separator: ",").compactMap { Int($0) }
      try #require(numbers.count == 5)
      let sizing = FrameSizing(multiple: numbers[2], overviewSide: 448)
      let size = sizing.sampledSize(of: ImageSize(width: numbers[0], height: numbers[1]))
      #expect(size == ImageSize(width: numbers[3], height: numbers[4]), "\(row)")
    }
  }

  @Test(
    "of MiniCPM-V never exceeds the limit, though its overview would",
    arguments: [(720, 480), (40, 1080), (1, 200), (1920, 1080)], [1, 2])
  func boundedOverview(shape: (width: Int, height: Int), merge: Int) throws {
    let side = 28 * merge
    let sizing = FrameSizing(minimumPixels: 0, maximumPixels: 448 * 448, multiple: side, overviewSide: 448)
    let size = try #require(sizing.sampledSize(of: ImageSize(width: shape.width, height: shape.height)))
    #expect(size.width * size.height <= 448 * 448 && size.width % side == 0 && size.height % side == 0, "\(size)")
  }

  @Test("does not exist for a frame more than 200 times as long as wide, or of no size")
  func refusesRibbons() {
    let sizing = FrameSizing()
    #expect(sizing.sampledSize(of: ImageSize(width: 201, height: 1)) == nil)
    #expect(sizing.sampledSize(of: ImageSize(width: 0, height: 10)) == nil)
    #expect(sizing.sampledSize(of: ImageSize(width: 200, height: 1)) != nil)
  }

  @Test("is never nothing, even without a least area")
  func neverEmpty() {
    let sizing = FrameSizing(minimumPixels: 0, maximumPixels: 28 * 28)
    #expect(sizing.sampledSize(of: ImageSize(width: 3, height: 3)) == ImageSize(width: 28, height: 28))
  }

  @Test("is always the same for a tower that reads only one size")
  func exactSize() {
    let square = ImageSize(width: 384, height: 384)
    let sizing = FrameSizing(exact: square)
    #expect(sizing.sampledSize(of: ImageSize(width: 1920, height: 1080)) == square)
    #expect(sizing.sampledSize(of: ImageSize(width: 201, height: 1)) == nil)
  }

  @Test("of a preview is the largest that fits its box in the shape of the frame")
  func fitsBox() {
    let box = ImageSize(width: 80, height: 48)
    #expect(ImageSize(width: 1920, height: 1080).fitted(into: box) == ImageSize(width: 80, height: 45))
    #expect(ImageSize(width: 10, height: 20).fitted(into: box) == ImageSize(width: 24, height: 48))
    #expect(ImageSize(width: 10_000, height: 1).fitted(into: box) == ImageSize(width: 80, height: 1))
  }
}
