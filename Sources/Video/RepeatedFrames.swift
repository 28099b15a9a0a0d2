// SPDX-License-Identifier: Apache-2.0

/// Frames of a playlist that were seen before its source was lost. It is read again from before them, because only
/// their own timestamps tell exactly what was seen.
package struct RepeatedFrames {
  /// The latest frame that was seen, by the source's timestamps, in seconds.
  private let latest: Double
  /// Seconds before it at which what is read again begins, at most.
  private let window: Double
  private var previous: Double?
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
      previous.map({ time >= $0 - Self.longestStepBack }) ?? true
    else {
      isOver = true
      return false
    }
    previous = time
    return true
  }

  /// Seconds from the latest frame that was seen to the first that was not; nil where nothing was seen before, so that
  /// the source may have started again.
  package func gap(before time: Double?) -> Double? { previous == nil ? nil : time.map { $0 - latest } }
}
