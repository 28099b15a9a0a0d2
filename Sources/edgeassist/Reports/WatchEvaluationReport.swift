// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Records

/// The summary of an evaluation of watches as tables.
struct WatchEvaluationReport {
  let summary: WatchSummary
  let identity: [(name: String, value: String)]
  let isComplete: Bool
  let style: ReportStyle

  var text: String {
    var lines = [
      style.bold("Watches on drawn streams"),
      style.faint(visible(identity.dropFirst().map { "\($0.name) \($0.value)" }.joined(separator: " · "))),
    ]
    if !isComplete { lines.append(style.bad("Stopped early: only the streams so far are counted.")) }
    var table = TextTable(numeric: Set(1...8))
    table.add("method", "onsets", "recall %", "95 %", "precision %", "95 %", "false a day", "delay", "hours")
    for row in summary.rows {
      table.add(
        row.method.rawValue, "\(row.onsets)", percent(row.recall.value), range(row.recall),
        percent(row.precision.value), range(row.precision), String(format: "%.1f", row.falseAlertsADay),
        row.medianDelay.map { "\($0)" } ?? "", String(format: "%.1f", row.hours))
    }
    lines += [""] + table.lines(indent: 0)
    if summary.kinds.count > 1 {
      var table = TextTable(numeric: Set(1...summary.kinds.count))
      table.add(["recall % by kind"] + summary.kinds)
      for row in summary.rows {
        table.add([row.method.rawValue] + summary.kinds.map { row.recallByKind[$0].map { percent($0.value) } ?? "" })
      }
      lines += [""] + table.lines(indent: 0)
    }
    return lines.joined(separator: "\n")
  }

  private func percent(_ share: Double) -> String { String(format: "%.1f", share * 100) }

  private func range(_ interval: ConfidenceInterval) -> String { "\(percent(interval.low))–\(percent(interval.high))" }
}
