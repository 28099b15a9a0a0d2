// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Images

/// How one decoded frame is to be shown: its size in square pixels, upright.
struct FrameShape: Equatable {
  var orientation: Orientation
  /// Displayed size, after rotation.
  var size: ImageSize

  init(of frame: UnsafeMutablePointer<AVFrame>, in input: MediaInput) {
    orientation = .upright
    if let matrix = shim_display_matrix(input.stream, frame) {
      orientation = Orientation(a: matrix[0], b: matrix[1], c: matrix[3], d: matrix[4])
    }
    let ratio = av_guess_sample_aspect_ratio(input.format, input.stream, frame)
    let coded = ImageSize(width: Int(frame.pointee.width), height: Int(frame.pointee.height))
    size = orientation.applied(to: Self.withSquarePixels(coded, numerator: ratio.num, denominator: ratio.den))
  }

  /// The size in square pixels: the width gives way. A ratio that no camera has is taken for damage.
  static func withSquarePixels(_ size: ImageSize, numerator: Int32, denominator: Int32) -> ImageSize {
    guard numerator > 0, denominator > 0 else { return size }
    let ratio = Double(numerator) / Double(denominator)
    guard (0.05...20).contains(ratio) else { return size }
    return ImageSize(width: max(1, Int((Double(size.width) * ratio).rounded())), height: size.height)
  }
}
