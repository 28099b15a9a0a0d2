// SPDX-License-Identifier: Apache-2.0

/// Decides which sampling instants a frame stands for.
///
/// The instants are `k / rate` seconds, k = 0, 1, 2, …; at each one the frame counts that a player would be showing:
/// the last whose time is not after the instant. A source slower than the rate therefore repeats frames (two sampled
/// frames make one temporal patch, so time must stay true), a faster one skips some, and one with a variable
/// rate does both. The very first frame also stands for the instant just before it, so that a clip that begins a
/// fraction of a second late still has its first frame at the first instant.
package struct FrameSamplingClock {
  /// Instants a second.
  package let rate: Double
  /// Half a tick of the stream's timestamps: a frame due at 2/3 s that a container of milliseconds writes down as
  /// 0.667 s is shown at 2/3 s all the same.
  package let tolerance: Double
  /// The first instant that has not been given out.
  package private(set) var next = 0

  /// `rate` is in frames a second. `tick` is the length of a timestamp's unit in seconds.
  package init(rate: Double, tick: Double) {
    self.rate = rate
    self.tolerance = min(max(tick, 0) / 2, 0.0005) + 1e-9
  }

  /// Stream time of an instant, in seconds.
  package func time(of instant: Int) -> Double {
    Double(instant) / rate
  }

  /// Takes out the instants that come before a frame shown from `time` on: they belong to the one before it.
  package mutating func instants(before time: Double) -> Range<Int> {
    let end = max(next, firstInstant(notBefore: time))
    defer { next = end }
    return next..<end
  }

  /// Leaves out the instants at which nothing was shown, because the first frame after a beginning or a gap comes at
  /// `time`.
  package mutating func skip(to time: Double) {
    let first = firstInstant(notBefore: time)
    let atOrBefore = self.time(of: first) <= time + tolerance ? first : first - 1
    next = max(next, atOrBefore)
  }

  /// Goes on from the first instant at or after `time`.
  package mutating func restart(at time: Double) {
    next = firstInstant(notBefore: time)
  }

  /// The last instant before `time`; the first one if there is none.
  package func lastInstant(before time: Double) -> Int { max(0, firstInstant(notBefore: time) - 1) }

  private func firstInstant(notBefore time: Double) -> Int {
    // Times of streams are kept below 10¹⁰ s, so this fits; the two loops mend what rounding did.
    var instant = Int(max(0, ((time - tolerance) * rate).rounded(.up)))
    while instant > 0, self.time(of: instant - 1) + tolerance >= time { instant -= 1 }
    while self.time(of: instant) + tolerance < time { instant += 1 }
    return instant
  }
}
