// SPDX-License-Identifier: Apache-2.0

import Images

/// What an open stream is.
public struct VideoDescription: Sendable, Equatable {
  /// The source, ready to be shown: one line, without a password.
  public var source: String
  /// The size at which a player would show the pictures: after rotation, with square pixels.
  public var size: ImageSize
  /// The size of the sampled pictures; it stays the same if the stream changes its own.
  public var sampledSize: ImageSize
  /// Seconds; nil when nobody knows (live, or piped in).
  public var duration: Double?
  /// The stream's own average rate; nil when it states none.
  public var framesPerSecond: Double?
  /// FFmpeg's short names of the codec and the container, such as `h264` and `mov`.
  public var codec: String
  public var container: String
  /// True for a source that goes on for as long as somebody sends.
  public var isLive: Bool
  /// True when ``VideoStream/seek(to:)`` can move in it.
  public var isSeekable: Bool
}

/// A picture and when it is shown.
public struct Frame: Sendable, Equatable {
  /// Seconds from the beginning of the stream.
  public let time: Double
  /// For a sampled picture the number of its sampling instant, `time × framesPerSecond`: a gap between two says that
  /// pictures were dropped or nothing was shown. For a preview a running number.
  public let index: Int
  public let image: Image

  public init(time: Double, index: Int, image: Image) {
    self.time = time
    self.index = index
    self.image = image
  }
}
