import Foundation
import Pictures
import Plotting
import SessionInterface
import Testing

@Suite struct RetentionPictureTests {
  private func pixel(_ picture: Picture, _ x: Int, _ y: Int) -> [UInt8] {
    Array(picture.pixels[(y * picture.width + x) * 3..<(y * picture.width + x) * 3 + 3])
  }

  private func rgb(_ share: Float) -> [UInt8] {
    let color = HeatScale.color(at: HeatScale.position(of: share))
    return [color.red, color.green, color.blue]
  }

  /// Pixels of a colour, by rows.
  private func count(_ color: [UInt8], in picture: Picture, rows: Range<Int>? = nil) -> Int {
    (rows ?? 0..<picture.height).reduce(0) { sum, y in
      sum + (0..<picture.width).count { pixel(picture, $0, y) == color }
    }
  }

  @Test(
    "The picture has the size asked for, down to a pixel",
    arguments: [
      (1200, 640), (400, 200), (90, 40), (30, 300), (300, 20), (1, 1),
    ])
  func sizes(width: Int, height: Int) {
    let thumbnail = flatPicture(width: 48, height: 36, red: 200)
    let map = RetentionMap.of((0..<40).map { frame($0 * 3, thumbnail: thumbnail) }, seen: 130)
    let picture = RetentionPicture.draw(map: map, width: width, height: height)
    #expect(picture.width == width && picture.height == height)
  }

  @Test("What is held has the colours of its shares, what is forgotten none of the scale")
  func colours() {
    let half = RetentionMap.Frame(number: 0, time: 0, shares: [1, 0.25])
    let picture = RetentionPicture.draw(
      map: RetentionMap(layers: 2, framesSeen: 2, startTime: 0, frames: [half]), width: 600, height: 300)
    let (full, quarter) = (count(rgb(1), in: picture), count(rgb(0.25), in: picture))
    #expect(full > 5_000)
    #expect(abs(full - quarter) < full / 10, "both layers are as high")
    let other = RetentionPicture.draw(
      map: RetentionMap(layers: 2, framesSeen: 2, startTime: 0, frames: []), width: 600, height: 300)
    #expect(count(rgb(1), in: other) < 100, "the legend alone")
  }

  @Test("Thumbnails stand above the map")
  func thumbnails() {
    let map = RetentionMap.of([frame(0, thumbnail: flatPicture(width: 48, height: 36, red: 77))], seen: 1)
    let picture = RetentionPicture.draw(map: map, width: 800, height: 400)
    #expect(count([77, 0, 0], in: picture, rows: 0..<200) > 2_000)
    #expect(count([77, 0, 0], in: picture, rows: 200..<400) == 0)
  }

  @Test("Maps that make no sense are drawn all the same")
  func nonsense() {
    let odd = RetentionMap.Frame(
      number: .max, time: .nan, shares: [.nan, -4], thumbnail: Picture(width: 0, height: 0, pixels: []))
    for map in [
      RetentionMap.of([], seen: 0), .of([odd], seen: -1, layers: -3), .of([odd, odd], seen: .max, layers: 1000),
      .of([frame(3, thumbnail: flatPicture(width: 1, height: 900, red: 1))], seen: 4, layers: 0),
    ] {
      #expect(RetentionPicture.draw(map: map, width: 500, height: 300, title: "«漢» \u{7}").width == 500)
    }
  }
}
