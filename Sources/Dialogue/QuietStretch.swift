// SPDX-License-Identifier: Apache-2.0

/// Temporal patches in a row in which nothing has changed. Times are stream times in seconds.
///
/// Some of them are read, by one token, so that the model sees time pass: all at first, then ever fewer, as a stretch
/// of hours would otherwise fill the cache with moments that say nothing.
struct QuietStretch {
  private var since: Double?
  private var lastRead = 0.0
  /// How much of the stream the patches stand for that were not read since the last one that was.
  private(set) var skippedDuration = 0.0

  /// A stretch is read patch by patch for this long.
  private static let readInFull = 10.0
  /// After that a patch is read each time the stretch has grown by this part of its length.
  private static let growth = 0.1

  /// Whether the next patch of the stretch is read.
  ///
  /// - Parameters:
  ///   - end: its last frame.
  ///   - duration: how much of the stream it stands for.
  mutating func reads(to end: Double, duration: Double) -> Bool {
    // Frames from before a jump back make no stretch.
    guard let since, end >= lastRead else {
      (self.since, lastRead) = (end, end)
      return true
    }
    let length = end - since
    guard length <= Self.readInFull || end - lastRead >= length * Self.growth else {
      skippedDuration += duration
      return false
    }
    lastRead = end
    return true
  }

  /// Says that a patch is read.
  ///
  /// - Returns: how much of the stream the patches before it stood for that were not read.
  mutating func take(isQuiet: Bool) -> Double {
    defer { skippedDuration = 0 }
    if !isQuiet { since = nil }
    return skippedDuration
  }
}
