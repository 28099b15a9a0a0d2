// SPDX-License-Identifier: Apache-2.0

/// Keeps the times of a source that was opened again to the monotonic clock.
///
/// Its first frame is taken for as old as the connection. A source may then send at once what it kept while it was
/// away: no frame comes long before its time, so those frames are older than they seem. Or what it sent while it was
/// opened is lost: then all frames come late.
///
/// Frames of a playlist come a segment at a time. A sender that was held up may send in a few seconds what it missed:
/// what goes beyond a segment is older than it seems.
package struct ResumedTimes {
  /// Monotonic time of the stream's second 0, in seconds.
  private let zero: Double
  private let firstArrival: Double
  /// The least of the monotonic times of second 0 by which the frames of the beginning came.
  private var soonestZero: Double
  private var hasBegun: Bool
  /// Seconds by which a frame may come before its time.
  private let longestLead: Double

  /// Seconds by which a frame may come before its time that is sent as it is taken.
  private static let lead = 1.0
  /// Seconds in which frames come that were kept while the source was opened.
  private static let beginning = 1.0

  /// - Parameters:
  ///   - time: stream time of the first frame, in seconds.
  ///   - openedAt: monotonic time at which the source began to be opened, in seconds.
  ///   - now: monotonic time at which the frame came, in seconds.
  package init(firstFrameAt time: Double, openedAt: Double, arrivingAt now: Double) {
    zero = openedAt - time
    firstArrival = now
    soonestZero = now - time
    hasBegun = false
    longestLead = Self.lead
  }

  /// Of a playlist.
  /// - Parameters:
  ///   - time: stream time at `openedAt`, in seconds.
  ///   - openedAt: monotonic time at which the source began to be opened, in seconds.
  ///   - segment: the longest that a segment lasts, in seconds.
  package init(streamTime time: Double, openedAt: Double, segment: Double) {
    zero = openedAt - time
    firstArrival = openedAt
    soonestZero = zero
    hasBegun = true
    longestLead = segment + Self.lead
  }

  /// Seconds by which a frame, and all after it, is to be shown later.
  /// - Parameters:
  ///   - time: its stream time so far, in seconds.
  ///   - now: monotonic time at which it came, in seconds.
  package mutating func delay(ofFrameAt time: Double, arrivingAt now: Double) -> Double {
    let latest = now - zero + longestLead
    guard !hasBegun else { return min(0, latest - time) }
    if now - firstArrival < Self.beginning {
      let delay = min(0, latest - time)
      soonestZero = min(soonestZero, now - time - delay)
      return delay
    }
    hasBegun = true
    return min(max(0, soonestZero - zero), latest - time)
  }
}
