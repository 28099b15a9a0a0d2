// SPDX-License-Identifier: Apache-2.0

import Platform

/// When a live source that broke off is tried again: after a delay that doubles from try to try, until it has been tried
/// too often without staying for a while.
struct ReconnectionSchedule {
  private let limits: FrameSamplingOptions.Reconnection
  /// Stream time and monotonic clock at the source's first frame since it was last reached, in seconds.
  private var reached = (streamTime: 0.0, clock: 0.0)
  private(set) var triesInARow = 0

  /// A source that stays this long, in seconds, has all its tries again. One that comes back only to go at once must not
  /// be tried for ever.
  private static let whileInSeconds = 10.0
  /// Seconds of stream beyond the clock that make a recording of what looked live.
  private static let longestLead = 5.0

  init(_ limits: FrameSamplingOptions.Reconnection) {
    self.limits = limits
  }

  /// The source has given its first frame, whose stream time this is.
  mutating func noteReached(at streamTime: Double) {
    reached = (streamTime, monotonicSeconds())
  }

  mutating func noteLost(at clock: Double) {
    if clock - reached.clock > Self.whileInSeconds { triesInARow = 0 }
  }

  /// Seconds to wait before the next try; nil when there are none left.
  var nextDelay: Double? {
    guard triesInARow < limits.attempts else { return nil }
    var delay = limits.firstDelay
    for _ in 0..<min(triesInARow, 30) { delay *= 2 }
    return min(delay, limits.longestDelay)
  }

  mutating func countTry() { triesInARow += 1 }

  /// Whether a source without a stated length has sent far more than time has passed since it was reached: then it was
  /// a recording, and reaching it again would only show it again.
  func hasOutrunTheClock(at streamTime: Double) -> Bool {
    streamTime - reached.streamTime > monotonicSeconds() - reached.clock + Self.longestLead
  }
}
