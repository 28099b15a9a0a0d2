// SPDX-License-Identifier: Apache-2.0

/// Which stream time a live source shows at a time of the monotonic clock, by when its frames came.
///
/// Frames come late by chance, and playlists send many at once. The frame that came latest after its time counts:
/// before that, another frame for the same time may still come.
package struct LiveClock {
  /// Monotonic time of the stream's second 0; nil before the first frame.
  private var zero: Double?
  private var lastArrival = 0.0

  /// What one late frame has moved the clock is forgotten at this rate, in seconds a second.
  private static let recovery = 0.02

  /// Knows no frame yet.
  package init() {}

  /// A frame of stream time `time` has come at monotonic time `now`, both in seconds.
  package mutating func note(frameAt time: Double, arrivingAt now: Double) {
    if let zero {
      self.zero = max(now - time, zero - (now - lastArrival) * Self.recovery)
    } else {
      zero = now - time
    }
    lastArrival = now
  }

  /// The stream time that every frame has come for, in seconds; nil before the first frame.
  package func streamTime(at now: Double) -> Double? { zero.map { now - $0 } }
}
