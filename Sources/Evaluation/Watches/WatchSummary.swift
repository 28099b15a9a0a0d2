// SPDX-License-Identifier: Apache-2.0

import Records

/// How well each method told what happened.
public struct WatchSummary: Sendable {
  /// One method.
  public struct Row: Sendable, Equatable, Encodable {
    public var method: WatchMethod
    /// Times at which something should have been told.
    public var onsets: Int
    /// The share of them that was told.
    public var recall: ConfidenceInterval
    /// The share of the alerts that were of one.
    public var precision: ConfidenceInterval
    /// Alerts that were of none, in a day of one camera with all watches.
    public var falseAlertsADay: Double
    /// Alerts in such a day.
    public var alertsADay: Double
    /// The median delay, in blocks of a second; nil without a hit.
    public var medianDelay: Int?
    /// Hours that were watched.
    public var hours: Double
    /// Recall by kind of stream.
    public var recallByKind: [String: ConfidenceInterval]
  }

  /// In the order of `WatchMethod`.
  public let rows: [Row]
  /// The kinds of the streams that have onsets, in alphabetical order.
  public let kinds: [String]

  public init(records: [WatchRecord]) {
    let byMethod = Dictionary(grouping: records, by: \.method)
    kinds = Set(records.filter { $0.onsets > 0 }.map(\.kind)).sorted()
    rows = WatchMethod.allCases.compactMap { method in
      byMethod[method.rawValue].map { Self.row(method, $0) }
    }
  }

  private static func row(_ method: WatchMethod, _ records: [WatchRecord]) -> Row {
    let onsets = records.reduce(0) { $0 + $1.onsets }
    let delays = records.flatMap(\.delays).sorted()
    let wrong = records.reduce(0) { $0 + $1.falseAlerts }
    let seconds = records.reduce(0) { $0 + $1.seconds }
    let perDay = seconds > 0 ? 86400 / seconds : 0
    let byKind = Dictionary(grouping: records.filter { $0.onsets > 0 }, by: \.kind).mapValues { own in
      ConfidenceInterval.share(
        of: own.reduce(0) { $0 + $1.delays.count }, in: own.reduce(0) { $0 + $1.onsets })
    }
    return Row(
      method: method, onsets: onsets, recall: .share(of: delays.count, in: onsets),
      precision: .share(of: delays.count, in: delays.count + wrong), falseAlertsADay: Double(wrong) * perDay,
      alertsADay: Double(delays.count + wrong) * perDay,
      medianDelay: delays.isEmpty ? nil : delays[delays.count / 2], hours: seconds / 3600, recallByKind: byKind)
  }

  /// The whole summary as one JSON object.
  ///
  /// - Parameters:
  ///   - identity: of the evaluation, as names and values.
  ///   - isComplete: false for a run that was stopped.
  public func json(identity: [(name: String, value: String)], isComplete: Bool) -> String {
    SnakeCaseJSON.text(of: SummaryJSON(identity: identity, isComplete: isComplete, results: rows))
  }
}
