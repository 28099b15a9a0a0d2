// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Records
import Screen

/// The figures of an evaluation as tables.
struct EvaluationReport {
  private let summary: EvaluationSummary
  private let suite: any EvaluationSuite
  private let isComplete: Bool
  private let style: ReportStyle

  /// A table with more columns would be too wide to read.
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
      style.faint(suite.identity.dropFirst().map { "\($0.name) \($0.value)" }.joined(separator: " · ")),
    ]
    if !isComplete { lines.append(style.bad("Stopped early: the figures are of what has been answered.")) }
    return lines
  }

  // MARK: All cells

  private var table: [String] {
    var table = TextTable(numeric: [1, 2, 3, 4, 5, 6, 7, 8])
    table.add(
      "configuration", "share", "exact %", "95 %", "against first", "tokens", "memory", "passes", "ms a pass",
      "of reading")
    for cell in summary.cells {
      table.add(
        cell.configuration, cell.budget ?? "all", percent(cell.exact.value),
        "\(percent(cell.exact.low))–\(percent(cell.exact.high))", cell.difference.map(signed) ?? "",
        String(format: "%.0f", cell.held), memorySize(Int(cell.bytes)), String(format: "%.1f", cell.passes),
        cell.secondsPerCompression.map { String(format: "%.2f", $0 * 1000) } ?? "",
        cell.compressionShare > 0 ? String(format: "%.1f %%", cell.compressionShare * 100) : "")
    }
    var lines = table.lines(indent: 0)
    if !lines.isEmpty { lines[0] = style.bold(lines[0]) }
    for cell in summary.cells where cell.refused > 0 {
      lines.append(
        style.bad("\(name(cell)): the budget was too small for \(cell.refused) streams; their answers count as wrong"))
    }
    return lines
  }

  private var speeds: [String] {
    var table = TextTable(numeric: [1, 2, 3, 4])
    table.add("by time and memory", "ms a frame", "ms to first word", "ms an answer", "resident")
    for cell in summary.cells {
      table.add(
        name(cell), milliseconds(cell.secondsPerFrame), milliseconds(cell.secondsToFirstWord),
        milliseconds(cell.secondsPerAnswer), memorySize(cell.residentBytes))
    }
    var lines = table.lines(indent: 0)
    if !lines.isEmpty { lines[0] = style.bold(lines[0]) }
    return lines
  }

  private func milliseconds(_ seconds: Double) -> String { String(format: "%.1f", seconds * 1000) }

  // MARK: Parts

  private func table(of breakdown: EvaluationSummary.Breakdown) -> [String] {
    let groups = summary.groups(breakdown)
    guard (1...Self.mostGroups).contains(groups.count), !summary.cells.isEmpty else { return [] }
    let cells = detailedCells
    let all = cells.map { summary.parts(of: $0, by: breakdown) }
    var rows: [[String]] = [["by " + breakdown.rawValue] + groups]
    rows.append(["questions"] + groups.map { group in all[0].first { $0.name == group }.map { "\($0.answers)" } ?? "" })
    for (cell, parts) in zip(cells, all) {
      rows.append(
        [name(cell)] + groups.map { group in parts.first { $0.name == group }.map { percent($0.exact.value) } ?? "" })
    }
    var table = TextTable(numeric: Set(1...groups.count))
    for row in rows { table.add(row) }
    var lines = table.lines(indent: 0)
    lines[0] = style.bold(lines[0])
    return lines
  }

  /// Those with one budget alone, so that the tables stay short: an eighth, or the last that was tried.
  private var detailedCells: [EvaluationSummary.Cell] {
    let budgets = summary.cells.compactMap(\.budget)
    let detailed = budgets.contains(Self.usualDetail) ? Self.usualDetail : budgets.last
    return summary.cells.filter { $0.budget == nil || $0.budget == detailed }
  }

  private static let usualDetail = "1/8"

  private func name(_ cell: EvaluationSummary.Cell) -> String {
    cell.configuration + (cell.budget.map { " " + $0 } ?? "")
  }

  private func percent(_ share: Double) -> String { String(format: "%.1f", share * 100) }

  private func signed(_ interval: Interval) -> String {
    String(
      format: "%+.1f (%+.1f to %+.1f)", interval.value * 100, interval.low * 100, interval.high * 100)
  }
}
