// SPDX-License-Identifier: Apache-2.0

import CFFmpeg

/// A place for one decoded picture of FFmpeg, used again and again.
final class DecodedFrame {
  let pointer: UnsafeMutablePointer<AVFrame>

  /// - Returns: nil when there is no memory.
  init?() {
    guard let frame = av_frame_alloc() else { return nil }
    pointer = frame
  }

  deinit {
    var frame: UnsafeMutablePointer<AVFrame>? = pointer
    av_frame_free(&frame)
  }

  /// Gives the picture back and is empty.
  func clear() {
    av_frame_unref(pointer)
  }

  /// When it is shown, in ticks of its stream; nil when nothing says so.
  var timestamp: Int64? {
    let timestamp = pointer.pointee.best_effort_timestamp
    return timestamp == Int64.min ? nil : timestamp
  }

  /// How long it is shown, in ticks; 0 when unknown.
  var duration: Int64 { shim_frame_duration(pointer) }
}
