// SPDX-License-Identifier: Apache-2.0

/// How many frames a second the model takes in, as a mean over some ten of them, so that it follows a change.
struct FrameRateMeter {
  private var seconds = 0.0
  private var count = 0.0

  /// Factor on the weight of all earlier frames when another one is added.
  private static let decay = 0.9

  mutating func add(seconds new: Double) {
    seconds = seconds * Self.decay + new
    count = count * Self.decay + 1
  }

  /// nil before the second frame: the first of a temporal patch costs nothing.
  var framesPerSecond: Double? {
    count > 1.5 && seconds > 0 ? count / seconds : nil
  }
}
