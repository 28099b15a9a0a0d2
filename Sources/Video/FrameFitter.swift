// SPDX-License-Identifier: Apache-2.0

import Images

/// Makes the sampled frames and the previews of a stream. The size of the sampled frames is that of the first.
final class FrameFitter {
  let sampledSize: ImageSize
  let displayedSize: ImageSize
  private let sampling = FrameScaler()
  private let previewing = FrameScaler()

  init(sampledSize: ImageSize, displayedSize: ImageSize) {
    self.sampledSize = sampledSize
    self.displayedSize = displayedSize
  }

  func sample(_ frame: DecodedFrame) -> Image? {
    guard let shape = frame.shape else { return nil }
    return sampling.image(
      of: frame.pointer, size: sampledSize, content: content(of: shape.size), orientation: shape.orientation)
  }

  func preview(_ frame: DecodedFrame, box: ImageSize) -> Image? {
    guard let shape = frame.shape else { return nil }
    let size = shape.size.fitted(into: box)
    return previewing.image(of: frame.pointer, size: size, content: size, orientation: shape.orientation)
  }

  /// The part of the sampled image that a frame fills: all of it, unless the stream has changed its shape, which then
  /// stands between black bars and is not distorted.
  private func content(of size: ImageSize) -> ImageSize {
    let change = Double(size.width * displayedSize.height) / Double(max(1, size.height * displayedSize.width))
    return abs(change - 1) < 0.05 ? sampledSize : size.fitted(into: sampledSize)
  }
}
