// SPDX-License-Identifier: Apache-2.0

import CFFmpeg

/// One decoded frame of FFmpeg; its memory is used again for the next.
final class DecodedFrame {
  let pointer: UnsafeMutablePointer<AVFrame>
  /// How it is to be shown; nil while it is empty.
  var shape: FrameShape?

  /// - Returns: nil when there is no memory.
  init?() {
    guard let frame = av_frame_alloc() else { return nil }
    pointer = frame
  }

  deinit {
    var frame: UnsafeMutablePointer<AVFrame>? = pointer
    av_frame_free(&frame)
  }

  /// Releases the pixels; the frame is empty then.
  func clear() {
    av_frame_unref(pointer)
    shape = nil
  }

  /// When it is shown, in ticks of its stream; nil when nothing says so.
  var timestamp: Int64? {
    let timestamp = pointer.pointee.best_effort_timestamp
    return timestamp == Int64.min ? nil : timestamp
  }

  /// How long it is shown, in ticks; 0 when unknown.
  var duration: Int64 { shim_frame_duration(pointer) }
}
