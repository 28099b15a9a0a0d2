// SPDX-License-Identifier: Apache-2.0

import CFFmpeg

/// The memory that a file from outside can have FFmpeg take.
enum FFmpegMemory {
  /// Pixels of the largest frame that is decoded, 8192 × 8192. A larger one is an attack on memory rather than a video.
  static let mostPixels = 1 << 26

  /// Bounds each piece that FFmpeg takes, for the whole process; the first call does it. A few damaged bytes of an
  /// index may promise two billion entries. The largest frame, of eight bytes a pixel and with its margins, still fits.
  static let bound: Void = av_max_alloc(mostPixels * 9)
}
