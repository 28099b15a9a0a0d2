// SPDX-License-Identifier: Apache-2.0

/// The evidence of each watch over a stream, thinned out as it grows, for a plot of any length in bounded memory.
public struct ScoreHistory: Sendable, Equatable {
  /// What was known after a block.
  public struct Point: Sendable, Equatable {
    /// Stream time, in seconds.
    public var time: Double
    /// One for each watch, in their order.
    public var states: [Watcher.State]
  }

  /// The oldest first.
  public private(set) var points: [Point] = []
  /// Of as many blocks one is kept.
  private var stride = 1
  private var blocks = 0

  /// The most points; beyond them every second one is left out.
  static let mostPoints = 8192

  /// Empty.
  public init() {}

  mutating func add(_ report: Watcher.Report) {
    defer { blocks += 1 }
    guard blocks % stride == 0 || !report.events.isEmpty else { return }
    points.append(Point(time: report.time, states: report.states))
    guard points.count > Self.mostPoints else { return }
    points = Swift.stride(from: 0, to: points.count, by: 2).map { points[$0] }
    stride *= 2
  }
}
