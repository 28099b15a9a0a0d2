// SPDX-License-Identifier: Apache-2.0

/// When the retention map is sent: after each compression, and twice a second at most between.
struct RetentionMapThrottle {
  var isWanted = false
  private var last: ContinuousClock.Instant?
  private var compressionsSent = 0

  private static let interval = Duration.milliseconds(500)

  /// True when a map is to be sent, which then counts as sent.
  mutating func isDue(at now: ContinuousClock.Instant, compressions: Int, force: Bool) -> Bool {
    guard isWanted else { return false }
    let isNew = compressions != compressionsSent
    guard force || isNew || last.map({ now - $0 >= Self.interval }) ?? true else { return false }
    last = now
    compressionsSent = compressions
    return true
  }
}
