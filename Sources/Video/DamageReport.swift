// SPDX-License-Identifier: Apache-2.0

import Platform
import Records

/// The messages about frames and packets that could not be decoded, or only with repairs.
struct DamageReport {
  private let source: String
  private var reported = 0
  /// Monotonic seconds before which nothing more is said of a live source.
  private var nextReport = 0.0

  private static let interval = 60.0
  /// Damaged packets in a row that are more than a damaged end.
  private static let leastUnreadable = 10

  init(source: String) {
    self.source = source
  }

  /// A line for the end of a recording; nil when there is nothing that has not been said.
  mutating func lineAtEnd(count: Int) -> String? {
    guard count > reported else { return nil }
    reported = count
    return "\(source): \(count) damaged frames or packets were skipped or patched up"
  }

  /// A line for a recording from which nothing could be decoded towards its end; nil where that may be a damaged end.
  ///
  /// - Parameters:
  ///   - count: damaged packets and frames since the last whole frame.
  ///   - end: when that frame ended, in seconds.
  func lineAtUnreadableEnd(count: Int, after end: Double) -> String? {
    guard count >= Self.leastUnreadable else { return nil }
    return
      "\(source): nothing after \(decimal(end, places: 1)) s could be decoded, though more follows; where recordings "
      + "were joined and their codecs differ, show each by itself"
  }

  /// A line for a live stream, which has no end at which the damage could be summed up: once a minute at most.
  mutating func lineWhileLive(count: Int) -> String? {
    guard count > reported, monotonicSeconds() >= nextReport else { return nil }
    nextReport = monotonicSeconds() + Self.interval
    reported = count
    return "\(source): \(count) damaged frames or packets so far were skipped or patched up"
  }
}
