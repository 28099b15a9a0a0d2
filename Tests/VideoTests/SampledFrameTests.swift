// SPDX-License-Identifier: Apache-2.0

import Images
import Testing
import Video

@Suite("Sampled frames")
struct SampledFrameTests {
  /// The colours of the four quarters: top left, top right, bottom left, bottom right.
  private func quarters(_ image: Image) -> [Color] {
    [image.color(0.25, 0.25), image.color(0.75, 0.25), image.color(0.25, 0.75), image.color(0.75, 0.75)]
  }

  private func first(_ name: String, sizing: FrameSizing = smallSizing) async throws -> Frame {
    let source = VideoSource.file(path: media(name))
    let stream = try await VideoStream.open(source, options: VideoStreamOptions(sizing: sizing))
    return try #require(await stream.next())
  }

  @Test(
    "have the right colours in BT.601, BT.709, PQ and HLG, limited and full range, also where only the container says",
    arguments: [
      // In HDR a step of one of 1023 in chroma is some 16 of 255 in a dark channel.
      ("colours-601.mp4", 6), ("colours-709.mp4", 6), ("colours-full.mp4", 6), ("hdr-pq.mp4", 20), ("hdr-hlg.mp4", 20),
      ("hdr-pq-by-container.mp4", 20), ("hdr-pq-by-container.mkv", 20),
    ])
  func colors(name: String, tolerance: Int) async throws {
    let found = quarters(try await first(name).image)
    for (color, expected) in zip(found, [Color.red, .green, .blue, .white]) {
      #expect(color.isNear(expected, within: tolerance), "\(color) instead of \(expected)")
    }
    #expect(found[3].isNear(.white, within: 3), "\(found[3])")
  }

  @Test("are white where the file is transparent")
  func transparency() async throws {
    let image = try await first("transparent.png").image
    #expect(image.color(0.25, 0.5) == .black && image.color(0.9, 0.5) == .white)
  }

  @Test(
    "stand upright when the file says that the camera was turned",
    arguments: [
      // Degrees against the clock, as FFmpeg's display matrix counts them.
      (90, [Color.green, .white, .red, .blue]), (180, [.white, .blue, .green, .red]),
      (270, [.blue, .red, .white, .green]),
    ])
  func rotation(angle: Int, expected: [Color]) async throws {
    let stream = try await VideoStream.open(.file(path: media("rotated-\(angle).mp4")), options: options())
    let upright = ImageSize(width: 64, height: 48)
    let turned = ImageSize(width: 48, height: 64)
    #expect(stream.description.size == (angle == 180 ? upright : turned))
    let found = quarters(try #require(await stream.next()).image)
    for (color, expected) in zip(found, expected) {
      #expect(color.isNear(expected), "\(found)")
    }
  }

  @Test("keep the shape that a player shows where pixels are not square")
  func sampleAspectRatio() async throws {
    let stream = try await VideoStream.open(.file(path: media("wide-pixels.mp4")), options: options())
    #expect(stream.description.size == ImageSize(width: 128, height: 48))
    #expect(stream.description.sampledSize == ImageSize(width: 140, height: 56))
    let image = try #require(await stream.next()).image
    #expect((image.width, image.height) == (140, 56))
  }

  @Test(
    "of one pixel, odd sides and 8K come out whole",
    arguments: [
      ("1x1.mkv", Color.red, 56, 56), ("odd.mkv", .red, 84, 56), ("8k.mp4", .green, 140, 84),
    ])
  func unusualSizes(name: String, color: Color, width: Int, height: Int) async throws {
    let image = try await first(name, sizing: FrameSizing(maximumPixels: 12544)).image
    #expect((image.width, image.height) == (width, height))
    for (x, y) in [(0.0, 0.0), (0.5, 0.5), (0.999, 0.999)] {
      #expect(image.color(x, y).isNear(color), "\(image.color(x, y)) at \(x), \(y)")
    }
  }

  @Test("longer than 200 times their width are refused with a clear line")
  func ribbon() async {
    let source = VideoSource.file(path: media("ribbon.mkv"))
    await #expect(throws: VideoError.tooElongated(source: source.displayName, width: 1000, height: 4)) {
      try await VideoStream.open(source)
    }
  }

  @Test("keep the first one's size when the stream changes its own, between bars instead of distorted")
  func changedSize() async throws {
    let frames = try await sampled("joined.ts", framesPerSecond: 5)
    #expect(Set(frames.map { ImageSize(width: $0.image.width, height: $0.image.height) }).count == 1)
    let last = try #require(frames.last).image
    #expect(last.number == 20)
    #expect(last.color(0.02, 0.5) == .black)
  }

  @Test("for the screen fit their box and come with rising times")
  func previews() async throws {
    var options = options()
    options.previewSize = ImageSize(width: 40, height: 40)
    options.previewRate = 1000
    let stream = try await VideoStream.open(.file(path: media("rotated-90.mp4")), options: options)
    var previews = stream.previews.makeAsyncIterator()
    let preview = try #require(await previews.next())
    #expect((preview.image.width, preview.image.height) == (30, 40))
    #expect(preview.image.color(0.25, 0.25).isNear(.green))
    stream.stop()
    while await previews.next() != nil {}
  }
}
