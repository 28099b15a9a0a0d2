// SPDX-License-Identifier: Apache-2.0

/// Since when a live source sends nothing.
public struct SignalLoss: Sendable, Equatable {
  /// Stream time of the last frame, in seconds.
  public var streamTime: Double
  /// Seconds since 1970.
  public var date: Double

  /// Memberwise; checks nothing.
  public init(streamTime: Double, date: Double) {
    self.streamTime = streamTime
    self.date = date
  }
}

/// The messages about a live source that goes and comes back. One that does so all the time is not spoken of each time.
struct SignalReport {
  private let source: String
  /// Monotonic seconds before which nothing more is said.
  private var nextReport = 0.0
  private var unreported = 0
  private var isReported = false

  private static let interval = 30.0

  init(source: String) {
    self.source = source
  }

  /// A line for a source that broke off; nil if one was said of it just before.
  mutating func lost(because reason: String, at clock: Double) -> String? {
    isReported = clock >= nextReport
    guard isReported else {
      unreported += 1
      return nil
    }
    nextReport = clock + Self.interval
    let others = unreported == 0 ? "" : "; it had done so \(unreported) times since this was last said"
    unreported = 0
    return "\(source) broke off (\(reason)); trying to reach it again\(others)"
  }

  /// A line for a source that is back; nil if its loss was not spoken of.
  mutating func back(after seconds: String) -> String? {
    isReported ? "\(source) is back after \(seconds) s" : nil
  }
}
