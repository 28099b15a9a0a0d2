// SPDX-License-Identifier: Apache-2.0

/// Frames of a playlist that were seen before its source was lost. It is read again from before them, because only
/// their own timestamps tell exactly what was seen.
package struct RepeatedFrames {
  /// The latest frame that was seen, by the source's timestamps, in seconds.
  private let latest: Double
  /// Seconds before it at which what is read again begins, at most.
  private let window: Double
  private var times: (first: Double, last: Double)?
  private var isOver = false

  /// Seconds by which a frame's timestamp may lie before that of the frame before it in the same run.
  private static let longestStepBack = 1.0

  /// - Parameters:
  ///   - latest: the latest frame that was seen, by the source's timestamps, in seconds.
  ///   - window: seconds before it at which what is read again begins, at most.
  package init(upTo latest: Double, window: Double) {
    self.latest = latest
    self.window = window
  }

  /// Whether the next frame was seen. From the first one on that was not, none was: timestamps that begin again are
  /// those of a sender that has started again.
  package mutating func takesNext(at time: Double?) -> Bool {
    guard !isOver, let time, time <= latest, time >= latest - window,
      times.map({ time >= $0.last - Self.longestStepBack }) ?? true
    else {
      isOver = true
      return false
    }
    times = (times?.first ?? time, time)
    return true
  }

  /// Seconds from the first frame that was left out to the end of the last one, about.
  package var length: Double { times.map { $0.last - $0.first } ?? 0 }
}
