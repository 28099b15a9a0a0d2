// SPDX-License-Identifier: Apache-2.0

import Images

/// The description of an open stream.
public struct VideoDescription: Sendable, Equatable {
  /// The source, ready to be shown: one line, without a password.
  public var source: String
  /// The size at which a player would show the frames: after rotation, with square pixels.
  public var size: ImageSize
  /// The size of the sampled frames; it stays the same if the stream changes its own.
  public var sampledSize: ImageSize
  /// Seconds; nil when nobody knows (live, or piped in).
  public var duration: Double?
  /// The stream's own average rate; nil when it states none.
  public var framesPerSecond: Double?
  /// FFmpeg's short name of the codec, such as `h264`.
  public var codec: String
  /// FFmpeg's short name of the container, such as `mov`.
  public var container: String
  /// True for a source that goes on for as long as somebody sends.
  public var isLive: Bool
  /// True when ``VideoStream/seek(to:)`` can move in it.
  public var isSeekable: Bool
}
