// SPDX-License-Identifier: Apache-2.0

/// When the map of what is cached is sent: after each compression, and twice a second at most between.
struct RetentionSchedule {
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

/// How many frames a second the model takes in, as a mean over some ten of them, so that it follows a change.
struct FrameRateMeter {
  private var seconds = 0.0
  private var count = 0.0

  /// What the frames before still count when another comes.
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
