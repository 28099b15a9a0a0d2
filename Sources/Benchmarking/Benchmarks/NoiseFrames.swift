// SPDX-License-Identifier: Apache-2.0

import Images
import Inference

/// Frames of random pixels, of a given size.
struct NoiseFrames {
  private let size: ImageSize
  private var random = SeededGenerator(seed: 11)

  init(size: ImageSize) {
    self.size = size
  }

  mutating func next() -> Image {
    var pixels: [UInt8] = []
    let count = size.width * size.height * 3
    pixels.reserveCapacity(count + 8)
    while pixels.count < count { withUnsafeBytes(of: random.next()) { pixels.append(contentsOf: $0) } }
    pixels.removeLast(pixels.count - count)
    return Image(width: size.width, height: size.height, pixels: pixels)
  }

  /// The next `count` frames.
  mutating func next(_ count: Int) -> [Image] { (0..<count).map { _ in next() } }
}
