// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Records
import Screen

/// The summary of an evaluation as tables.
struct EvaluationReport {
  private let summary: EvaluationSummary
  private let suite: any EvaluationSuite
  private let isComplete: Bool
  private let style: ReportStyle

  /// More columns would make a table too wide to read.
  private static let mostGroups = 14

  init(_ summary: EvaluationSummary, suite: any EvaluationSuite, isComplete: Bool, style: ReportStyle) {
    self.summary = summary
    self.suite = suite
    self.isComplete = isComplete
    self.style = style
  }

  var text: String {
    var lines = head + [""] + table + [""] + speeds
    for breakdown in EvaluationSummary.Breakdown.allCases {
      let part = self.table(of: breakdown)
      if !part.isEmpty { lines += [""] + part }
    }
    return lines.joined(separator: "\n")
  }

  private var head: [String] {
    let count = suite.streams.reduce(0) { $0 + $1.questionCount }
    var lines = [
      style.bold("\(count) questions about \(suite.streams.count) streams") + ": \(suite.title)",
      style.faint(visible(suite.identity.dropFirst().map { "\($0.name) \($0.value)" }.joined(separator: " · "))),
    ]
    if !isComplete { lines.append(style.bad("Stopped early: only the answers so far are counted.")) }
    return lines
  }

  // MARK: All rows

  private var table: [String] {
    var table = TextTable(numeric: [1, 2, 3, 4, 5, 6, 7, 8])
    table.add(
      "configuration", "budget", "exact %", "95 %", "against first", "tokens", "memory", "compressions", "ms each",
      "of prefill")
    for row in summary.rows {
      table.add(
        row.configuration, row.budget ?? "full", percent(row.exactMatch.value),
        "\(percent(row.exactMatch.low))–\(percent(row.exactMatch.high))", row.difference.map(signed) ?? "",
        String(format: "%.0f", row.cachedTokens), memorySize(Int(row.cacheBytes)),
        String(format: "%.1f", row.compressions),
        row.secondsPerCompression.map { String(format: "%.2f", $0 * 1000) } ?? "",
        row.compressionTimeRatio > 0 ? String(format: "%.1f %%", row.compressionTimeRatio * 100) : "")
    }
    var lines = table.lines(indent: 0)
    if !lines.isEmpty { lines[0] = style.bold(lines[0]) }
    for row in summary.rows where row.refusedStreams > 0 {
      lines.append(
        style.bad(
          "\(name(row)): the budget was too small for \(row.refusedStreams) streams; their answers count as wrong"))
    }
    return lines
  }

  private var speeds: [String] {
    var table = TextTable(numeric: [1, 2, 3, 4])
    table.add("time and memory", "ms/temporal patch", "ms to first token", "ms/answer", "resident")
    for row in summary.rows {
      table.add(
        name(row), milliseconds(row.secondsPerTemporalPatch), milliseconds(row.firstTokenSeconds),
        milliseconds(row.answerSeconds), memorySize(row.residentBytes))
    }
    var lines = table.lines(indent: 0)
    if !lines.isEmpty { lines[0] = style.bold(lines[0]) }
    return lines
  }

  private func milliseconds(_ seconds: Double) -> String { String(format: "%.1f", seconds * 1000) }

  // MARK: Breakdowns

  private func table(of breakdown: EvaluationSummary.Breakdown) -> [String] {
    let groups = summary.groups(by: breakdown)
    guard (1...Self.mostGroups).contains(groups.count), let first = detailedRows.first else { return [] }
    var table = TextTable(numeric: Set(1...groups.count))
    table.add(["by " + breakdown.rawValue] + groups)
    table.add(["questions"] + groups.map { group in first.parts(by: breakdown)[group].map { "\($0.answers)" } ?? "" })
    for row in detailedRows {
      let parts = row.parts(by: breakdown)
      table.add([name(row)] + groups.map { group in parts[group].map { percent($0.exactMatch.value) } ?? "" })
    }
    var lines = table.lines(indent: 0)
    lines[0] = style.bold(lines[0])
    return lines
  }

  /// The rows of one budget only, which keeps the tables short: 1/8, or the last budget without it.
  private var detailedRows: [EvaluationSummary.Row] {
    let budgets = summary.rows.compactMap(\.budget)
    let detailed = budgets.contains(Self.usualDetail) ? Self.usualDetail : budgets.last
    return summary.rows.filter { $0.budget == nil || $0.budget == detailed }
  }

  private static let usualDetail = "1/8"

  private func name(_ row: EvaluationSummary.Row) -> String {
    row.configuration + (row.budget.map { " " + $0 } ?? "")
  }

  private func percent(_ share: Double) -> String { String(format: "%.1f", share * 100) }

  private func signed(_ interval: ConfidenceInterval) -> String {
    String(
      format: "%+.1f (%+.1f to %+.1f)", interval.value * 100, interval.low * 100, interval.high * 100)
  }
}
