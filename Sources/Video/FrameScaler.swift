// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Images

/// Decoded frames in, RGB images of a wanted size out: colours, scaling and rotation in one pass where FFmpeg can do
/// it. It keeps FFmpeg's scaler between frames and makes it again only when the frames change.
final class FrameScaler {
  /// Everything that FFmpeg's scaler is made for.
  private struct Setting: Equatable {
    var sourceWidth, sourceHeight, sourceFormat: Int32
    var matrix: Int32
    var isFullRange: Bool
    var width, height: Int32
    var output: shim_scaler_output
  }

  private var scaler: OpaquePointer?
  private var setting: Setting?
  /// Holds a scaled image that is still to be rotated or set between bars.
  private var scratch: [UInt8] = []

  deinit {
    shim_free_scaler(scaler)
  }

  /// The image of `frame` at `size`.
  /// - Parameters:
  ///   - orientation: how the coded image must be rotated to stand upright.
  ///   - content: the part of `size` that the image fills, in the middle; what is left stays black.
  /// - Returns: nil when FFmpeg cannot convert this kind of frame.
  func image(
    of frame: UnsafeMutablePointer<AVFrame>, size: ImageSize, content: ImageSize, orientation: Orientation
  ) -> Image? {
    let coded = orientation.applied(to: content)
    let toneMapping = ToneMapping.of(frame)
    let output = toneMapping != nil ? SHIM_RGB48 : Self.hasAlpha(frame) ? SHIM_RGBA : SHIM_RGB
    guard frame.pointee.width > 0, frame.pointee.height > 0, prepare(for: frame, size: coded, output: output) else {
      return nil
    }
    let count = size.width * size.height * 3
    if orientation == .upright, content == size, output == SHIM_RGB {
      var isDone = false
      // FFmpeg's vector code may write a little beyond the last row.
      let pixels = [UInt8](unsafeUninitializedCapacity: count + 64) { buffer, initialized in
        if let base = buffer.baseAddress {
          isDone = shim_scale(scaler, frame, base, Int32(size.width * 3)) == Int32(size.height)
          if !isDone { base.initialize(repeating: 0, count: count) }
          initialized = count
        }
      }
      return isDone ? Image(width: size.width, height: size.height, pixels: pixels) : nil
    }
    let pixelCount = coded.width * coded.height
    let pixelSize = output == SHIM_RGB48 ? 6 : output == SHIM_RGBA ? 4 : 3
    if scratch.count < pixelCount * pixelSize + 64 {
      scratch = [UInt8](repeating: 0, count: pixelCount * pixelSize + 64)
    }
    var pixels = [UInt8](repeating: 0, count: count)
    let isDone = scratch.withUnsafeMutableBytes { scratch in
      pixels.withUnsafeMutableBufferPointer { pixels in
        guard let scaled = scratch.baseAddress?.assumingMemoryBound(to: UInt8.self), let out = pixels.baseAddress,
          shim_scale(scaler, frame, scaled, Int32(coded.width * pixelSize)) == Int32(coded.height)
        else { return false }
        if let toneMapping {
          toneMapping.map(UnsafeMutableRawPointer(scaled), pixels: pixelCount)
        } else if output == SHIM_RGBA {
          Self.layOnWhite(scaled, pixels: pixelCount)
        }
        let corner = (size.height - content.height) / 2 * size.width + (size.width - content.width) / 2
        orientation.copy(scaled, size: coded, to: out + corner * 3, stride: size.width * 3)
        return true
      }
    }
    return isDone ? Image(width: size.width, height: size.height, pixels: pixels) : nil
  }

  /// Makes RGB of RGBA in place. White lies behind what is transparent, as the processors of Qwen's models have it.
  private static func layOnWhite(_ bytes: UnsafeMutablePointer<UInt8>, pixels: Int) {
    for pixel in 0..<pixels {
      let from = bytes + pixel * 4
      let alpha = Int(from[3])
      for channel in 0..<3 {
        bytes[pixel * 3 + channel] = UInt8((Int(from[channel]) * alpha + 255 * (255 - alpha) + 127) / 255)
      }
    }
  }

  private static func hasAlpha(_ frame: UnsafeMutablePointer<AVFrame>) -> Bool {
    guard let format = av_pix_fmt_desc_get(AVPixelFormat(rawValue: frame.pointee.format)) else { return false }
    return format.pointee.flags & UInt64(AV_PIX_FMT_FLAG_ALPHA) != 0
  }

  private func prepare(
    for frame: UnsafeMutablePointer<AVFrame>, size: ImageSize, output: shim_scaler_output
  ) -> Bool {
    let wanted = Setting(
      sourceWidth: frame.pointee.width, sourceHeight: frame.pointee.height, sourceFormat: frame.pointee.format,
      matrix: Self.matrix(of: frame), isFullRange: Self.isFullRange(frame), width: Int32(size.width),
      height: Int32(size.height), output: output)
    if wanted == setting { return true }
    shim_free_scaler(scaler)
    scaler = nil
    setting = nil
    let format = AVPixelFormat(rawValue: frame.pointee.format)
    guard sws_isSupportedInput(format) != 0 else { return false }
    scaler = shim_make_scaler(
      wanted.sourceWidth, wanted.sourceHeight, format, wanted.width, wanted.height, wanted.output)
    guard scaler != nil else { return false }
    // Refused for sources that are RGB already, which need no matrix.
    _ = shim_set_colors(scaler, wanted.matrix, wanted.isFullRange ? 1 : 0)
    setting = wanted
    return true
  }

  /// The matrix from luma and chroma to RGB. Where the stream does not say, it goes by size as players do: BT.709 for
  /// high definition, BT.601 below.
  private static func matrix(of frame: UnsafeMutablePointer<AVFrame>) -> Int32 {
    switch frame.pointee.colorspace {
    case AVCOL_SPC_BT709: return SWS_CS_ITU709
    case AVCOL_SPC_FCC: return SWS_CS_FCC
    case AVCOL_SPC_BT470BG, AVCOL_SPC_SMPTE170M: return SWS_CS_ITU601
    case AVCOL_SPC_SMPTE240M: return SWS_CS_SMPTE240M
    case AVCOL_SPC_BT2020_NCL, AVCOL_SPC_BT2020_CL: return SWS_CS_BT2020
    default:
      if ToneMapping.of(frame) != nil { return SWS_CS_BT2020 }
      return frame.pointee.width >= 1280 || frame.pointee.height > 576 ? SWS_CS_ITU709 : SWS_CS_ITU601
    }
  }

  /// Whether black is 0 and white 255, instead of 16 and 235. Formats without chroma are full unless said otherwise.
  private static func isFullRange(_ frame: UnsafeMutablePointer<AVFrame>) -> Bool {
    switch frame.pointee.color_range {
    case AVCOL_RANGE_JPEG: return true
    case AVCOL_RANGE_MPEG: return false
    default:
      guard let name = av_get_pix_fmt_name(AVPixelFormat(rawValue: frame.pointee.format)) else { return false }
      let text = String(cString: name)
      return text.hasPrefix("yuvj") || text.hasPrefix("gray") || text.hasPrefix("ya")
    }
  }
}
