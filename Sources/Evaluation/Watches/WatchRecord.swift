// SPDX-License-Identifier: Apache-2.0

/// What one method told of one stream: a line of the results.
public struct WatchRecord: Sendable, Codable, Equatable, ResultRecord {
  public var method: String
  /// Number of the stream in the suite, and its kind.
  public var stream: Int
  public var kind: String
  /// Length of the stream, in seconds.
  public var seconds: Double
  /// Times at which something should have been told.
  public var onsets: Int
  /// Blocks from each of those that were told to its alert; a block is a second.
  public var delays: [Int]
  /// Alerts that were of no onset, or of one that had been told.
  public var falseAlerts: Int
  /// Why the stream could not be watched; nil if it could.
  public var error: String?

  /// Compares alerts with what happened. An alert is of an onset if it comes from the pair before it to three after its
  /// end.
  ///
  /// - Parameters:
  ///   - alerts: the watch and the pair of frames of each, in the order of time.
  package init(method: WatchMethod, of stream: WatchStream, alerts: [(watch: Int, pair: Int)]) {
    self.method = method.rawValue
    self.stream = stream.number
    kind = stream.kind.rawValue
    seconds = stream.story.length
    let expected = stream.onsets
    onsets = expected.count
    var delays: [Int?] = expected.map { _ in nil }
    falseAlerts = 0
    for alert in alerts {
      let found = expected.indices.first { index in
        let onset = expected[index]
        return onset.watch == alert.watch && delays[index] == nil
          && (onset.pairs.lowerBound - 1...onset.pairs.upperBound + Self.latest).contains(alert.pair)
      }
      if let found {
        delays[found] = max(0, alert.pair - expected[found].pairs.lowerBound)
      } else {
        falseAlerts += 1
      }
    }
    self.delays = delays.compactMap(\.self)
  }

  /// Pairs after the end of what happened in which an alert is still of it.
  private static let latest = 3
}
