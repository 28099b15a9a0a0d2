// SPDX-License-Identifier: Apache-2.0

import Plotting
import Records
import Video
import Watching

/// How watches did over a recording: when each began and ended, and its scores.
struct WatchReport {
  let watches: [Watch]
  let summary: WatchRunner.Summary

  /// A table and the episodes, for people.
  var text: String {
    var lines: [String] = []
    for (index, watch) in watches.enumerated() {
      let states = summary.history.points.map { $0.states[index] }
      let scores = states.compactMap(\.score).sorted()
      let alerts = states.last?.alerts ?? 0
      lines.append("\(watch.name): \(alerts) \(alerts == 1 ? "alert" : "alerts")")
      if let least = scores.first, let most = scores.last {
        let median = scores[scores.count / 2]
        lines.append(
          "  scores \(decimal(least, places: 1)) to \(decimal(most, places: 1)), median \(decimal(median, places: 1))"
            + "; told beyond \(decimal(states.last?.threshold ?? 0, places: 1)) spreads of what is usual")
      }
      for event in summary.events where event.watch == watch {
        switch event.change {
        case .on(_, let text, _): lines.append("  on   \(clock(event.time))  \(text ?? "")")
        case .off(let seconds):
          lines.append("  off  \(clock(event.time))  after \(decimal(seconds, places: 0)) s")
        }
      }
    }
    return lines.joined(separator: "\n")
  }

  private static let (width, height) = (1200, 240)

  /// Plots the evidence of each watch over time, with its threshold and its episodes.
  ///
  /// - Throws: `ReportedError.outputUnwritable`.
  func plot(to path: String) throws(ReportedError) {
    let series = watches.enumerated().map { index, watch in
      EvidenceChart.Series(
        title: watch.name,
        points: summary.history.points.map {
          EvidenceChart.Point(time: $0.time, evidence: $0.states[index].evidence, isOn: $0.states[index].isOn)
        },
        threshold: summary.history.points.last?.states[index].threshold ?? 0)
    }
    do {
      try PNGFile.write(
        EvidenceChart.draw(series, width: Self.width, height: Self.height * series.count), to: path,
        stop: InterruptSignals.arrival)
    } catch {
      throw .outputUnwritable(message: error.description)
    }
  }
}
