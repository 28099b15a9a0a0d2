// SPDX-License-Identifier: Apache-2.0

import Platform

/// When a live source that broke off is tried again: after a delay that doubles from try to try, for as long as the
/// options say. Clock times are monotonic seconds.
package struct ReconnectionSchedule {
  private let options: VideoStreamOptions.Reconnection
  /// Stream time and clock at the source's first frame since it was last reached.
  private var reached = (streamTime: 0.0, clock: 0.0)
  private var lostAt = 0.0
  /// How often the delay has been doubled.
  private var doublings = 0
  /// Seconds until the next try at most; nil without a bound.
  private var longestWait: Double?
  /// Tries since the source broke off.
  package private(set) var tries = 0

  /// A source that stays this long, in seconds, is tried soon when it breaks off again. One that comes back only to go
  /// at once keeps its long delay.
  private static let settledSeconds = 10.0
  /// Seconds of stream beyond the clock that make a recording of what looked live.
  private static let longestLead = 5.0

  /// No source has been reached yet.
  package init(_ options: VideoStreamOptions.Reconnection) {
    self.options = options
  }

  /// The source has sent its first frame, whose stream time this is.
  package mutating func noteReached(at streamTime: Double, clock: Double) {
    reached = (streamTime, clock)
  }

  /// The source is lost. Delays begin again only where it was there for ten seconds.
  package mutating func noteLost(at clock: Double) {
    lostAt = clock
    tries = 0
    longestWait = nil
    if clock - reached.clock >= Self.settledSeconds { doublings = 0 }
  }

  /// Seconds to wait before the next try; nil when the source is not tried again.
  package func delay(at clock: Double) -> Double? {
    let delay = min(options.firstDelay * Double(1 << doublings), options.longestDelay, longestWait ?? .infinity)
    switch options.limit {
    case .never: return nil
    case .always: return delay
    case .seconds(let limit):
      let left = lostAt + limit - clock
      return left > 0 ? min(delay, left) : nil
    }
  }

  /// A try failed; the next delay is twice as long.
  package mutating func countTry() {
    tries += 1
    doublings = min(doublings + 1, 30)
    longestWait = nil
  }

  /// The source has answered, but has nothing new yet; it adds something after this time, in seconds.
  package mutating func noteAnswer(addingEvery seconds: Double) {
    longestWait = max(seconds, options.firstDelay)
  }

  /// Whether a source without a stated length has sent far more than time has passed since it was reached: then it was
  /// a recording, and reaching it again would only show it again.
  package func hasOutrunTheClock(at streamTime: Double, clock: Double) -> Bool {
    streamTime - reached.streamTime > clock - reached.clock + Self.longestLead
  }
}
