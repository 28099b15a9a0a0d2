// SPDX-License-Identifier: Apache-2.0

import CFFmpeg

/// The colours of a video as its container states them, in `colr` of mp4 or `Colour` of Matroska: a decoder knows only
/// those in the video itself.
struct ContainerColors {
  private let primaries: AVColorPrimaries
  private let transfer: AVColorTransferCharacteristic
  private let matrix: AVColorSpace
  private let range: AVColorRange

  /// - Parameter stream: one that no frame has been decoded of: FFmpeg then forgets what the container states.
  init(of stream: UnsafeMutablePointer<AVStream>) {
    let parameters = stream.pointee.codecpar.pointee
    primaries = parameters.color_primaries
    transfer = parameters.color_trc
    matrix = parameters.color_space
    range = parameters.color_range
  }

  /// States of a frame what it leaves open.
  func complete(_ frame: UnsafeMutablePointer<AVFrame>) {
    if frame.pointee.color_primaries == AVCOL_PRI_UNSPECIFIED { frame.pointee.color_primaries = primaries }
    if frame.pointee.color_trc == AVCOL_TRC_UNSPECIFIED { frame.pointee.color_trc = transfer }
    if frame.pointee.colorspace == AVCOL_SPC_UNSPECIFIED { frame.pointee.colorspace = matrix }
    if frame.pointee.color_range == AVCOL_RANGE_UNSPECIFIED { frame.pointee.color_range = range }
  }
}
