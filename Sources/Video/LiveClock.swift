// SPDX-License-Identifier: Apache-2.0

/// Which stream time a live source shows at a time of the monotonic clock, by when its frames came.
///
/// Frames come late by chance, and playlists send many at once. The frame that came latest after its time counts:
/// before that, another frame for the same time may still come. Of any other source the frames that were kept while it
/// was opened come at once, and had come before: in its first second the frame counts that came soonest.
package struct LiveClock {
  private let isPlaylist: Bool
  /// Monotonic time of the stream's second 0; nil before the first frame.
  private var zero: Double?
  /// The same by the frame that came soonest.
  private var soonestZero = 0.0
  private var firstArrival = 0.0
  private var lastArrival = 0.0

  /// The rate at which the clock forgets the shift by one late frame, in seconds a second.
  private static let recovery = 0.02
  /// The rate at which the camera's clock may lose time, in seconds a second.
  private static let longestDrift = 0.001
  /// Seconds in which frames come that were kept while the source was opened.
  private static let beginning = 1.0

  /// Knows no frame yet.
  package init(isPlaylist: Bool) { self.isPlaylist = isPlaylist }

  /// A frame of stream time `time` has come at monotonic time `now`, both in seconds.
  package mutating func note(frameAt time: Double, arrivingAt now: Double) {
    if let zero {
      let isBeginning = !isPlaylist && now - firstArrival < Self.beginning
      soonestZero = min(now - time, soonestZero + (now - lastArrival) * Self.longestDrift)
      self.zero =
        isBeginning ? min(zero, now - time) : max(now - time, zero - (now - lastArrival) * Self.recovery)
    } else {
      (zero, soonestZero, firstArrival) = (now - time, now - time, now)
    }
    lastArrival = now
  }

  /// Shows all frames this many seconds later than it was told.
  package mutating func delay(by seconds: Double) {
    zero = zero.map { $0 - seconds }
    soonestZero -= seconds
  }

  /// The stream time that every frame has come for, in seconds; nil before the first frame.
  package func streamTime(at now: Double) -> Double? { zero.map { now - $0 } }

  /// When the frame of a stream time was due by the frame that came soonest, in monotonic seconds; nil before the first
  /// frame, and for a playlist, whose frames come many at once.
  package func dueTime(ofFrameAt time: Double) -> Double? {
    zero != nil && !isPlaylist ? soonestZero + time : nil
  }
}
