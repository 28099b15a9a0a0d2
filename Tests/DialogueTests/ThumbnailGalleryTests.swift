// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Dialogue
import Images
import SessionInterface
import Testing

struct ThumbnailGalleryTests {
  private func image(width: Int, height: Int, red: UInt8 = 0) -> Image {
    Image(width: width, height: height, pixels: (0..<width * height).flatMap { _ in [red, 0, 0] })
  }

  private func retained(_ numbers: Int...) -> [RetainedTemporalPatch] {
    numbers.map { RetainedTemporalPatch(streamIndex: $0, tokens: [4, 1]) }
  }

  @Test("The map joins what the cache retains with the gallery's times and thumbnails")
  func map() {
    var gallery = ThumbnailGallery()
    for number in 0..<5 {
      gallery.add(
        image(width: 96, height: 72, red: UInt8(number)).thumbnail, number: number,
        time: 2 + Double(number))
    }
    let map = gallery.map(retained: retained(1, 4), temporalPatchesSeen: 5, layers: 2, tokensPerPatch: 8)
    #expect(map.layers == 2 && map.temporalPatchesSeen == 5 && map.startTime == 2)
    #expect(map.temporalPatches.map(\.number) == [1, 4])
    #expect(map.temporalPatches.map(\.time) == [3, 6])
    #expect(map.temporalPatches.map(\.shares) == [[0.5, 0.125], [0.5, 0.125]])
    #expect(map.temporalPatches.last?.thumbnail == image(width: 48, height: 36, red: 4))
  }

  @Test("Thumbnails of evicted patches are dropped, and stay dropped")
  func dropped() {
    var gallery = ThumbnailGallery()
    for number in 0..<100 {
      gallery.add(image(width: 8, height: 8), number: number, time: Double(number))
      gallery.keep(retained(3, 50, 98).filter { $0.streamIndex <= number } + retained(number))
      #expect(gallery.count <= 4)
    }
    let map = gallery.map(retained: retained(3, 20, 50, 98, 99), temporalPatchesSeen: 100, layers: 2, tokensPerPatch: 4)
    #expect(map.temporalPatches.map(\.number) == [3, 50, 98, 99])
    gallery.keep([])
    #expect(gallery.count == 0)
    #expect(gallery.map(retained: [], temporalPatchesSeen: 100, layers: 2, tokensPerPatch: 4).startTime == 0)
  }

  @Test(
    "Thumbnails keep the image's shape and stay small",
    arguments: [
      (1920, 1080, 48, 27), (112, 112, 36, 36), (36, 480, 3, 36), (1, 1, 36, 36),
    ])
  func thumbnails(width: Int, height: Int, smallWidth: Int, smallHeight: Int) {
    var gallery = ThumbnailGallery()
    gallery.add(image(width: width, height: height).thumbnail, number: 0, time: 0)
    let thumbnail = gallery.map(retained: retained(0), temporalPatchesSeen: 1, layers: 2, tokensPerPatch: 4)
      .temporalPatches.first?.thumbnail
    #expect(thumbnail?.width == smallWidth && thumbnail?.height == smallHeight)
  }
}
