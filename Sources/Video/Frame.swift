// SPDX-License-Identifier: Apache-2.0

import Images

/// One sampled image of a stream, and when it is shown.
public struct Frame: Sendable, Equatable {
  /// Seconds from the beginning of the stream.
  public let time: Double
  /// The number of its sampling instant, `time × framesPerSecond`: after a gap, frames were dropped or nothing was
  /// shown. For a preview a running number.
  public let index: Int
  /// Its pixels, upright and sized as the options say.
  public let image: Image

  /// Memberwise; checks nothing.
  public init(time: Double, index: Int, image: Image) {
    self.time = time
    self.index = index
    self.image = image
  }
}
