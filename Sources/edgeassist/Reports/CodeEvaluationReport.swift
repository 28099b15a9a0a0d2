// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Records

/// The summary of an evaluation of programming tasks as tables.
struct CodeEvaluationReport {
  let summary: CodeSummary
  let identity: [(name: String, value: String)]
  let isComplete: Bool
  let style: ReportStyle

  /// More columns would make a table too wide to read.
  private static let mostGroups = 10

  var text: String {
    var lines = [
      style.bold("Programming tasks, pass@1 on hidden tests"),
      style.faint(visible(identity.dropFirst().map { "\($0.name) \($0.value)" }.joined(separator: " · "))),
    ]
    if !isComplete { lines.append(style.bad("Stopped early: only the tasks so far are counted.")) }
    lines += [""] + table
    let part = groups
    if !part.isEmpty { lines += [""] + part }
    return lines.joined(separator: "\n")
  }

  private var table: [String] {
    var table = TextTable(numeric: Set(1...11))
    table.add(
      "method", "tasks", "pass@1 %", "95 %", "against first", "examples %", "by debugger", "mended", "lost",
      "prompt tokens", "generated", "s/task")
    for row in summary.rows {
      table.add(
        row.method.rawValue, "\(row.tasks)", percent(row.passed.value),
        "\(percent(row.passed.low))–\(percent(row.passed.high))", row.difference.map(signed) ?? "",
        percent(row.passedExamples.value), "\(row.debuggerWins) of \(row.solved)", "\(row.repliesMended)",
        "\(row.repliesLost)", String(format: "%.0f", row.promptTokens), String(format: "%.0f", row.answerTokens),
        String(format: "%.2f", row.seconds))
    }
    var lines = table.lines(indent: 0)
    if !lines.isEmpty { lines[0] = style.bold(lines[0]) }
    for row in summary.rows where row.failed > 0 {
      lines.append(
        style.bad("\(row.method.rawValue): \(row.failed) tasks could not be worked on; they count as not solved"))
    }
    return lines
  }

  private var groups: [String] {
    let groups = summary.groups.filter { group in summary.rows.contains { $0.byGroup[group] != nil } }
    guard (1...Self.mostGroups).contains(groups.count) else { return [] }
    var table = TextTable(numeric: Set(1...groups.count))
    table.add(["by kind"] + groups)
    for (index, row) in summary.rows.enumerated() {
      let cells = { (value: (CodeSummary.Part) -> String) in groups.map { row.byGroup[$0].map(value) ?? "" } }
      if index == 0 { table.add(["tasks"] + cells { "\($0.tasks)" }) }
      table.add([row.method.rawValue] + cells { percent($0.passed.value) })
    }
    var lines = table.lines(indent: 0)
    lines[0] = style.bold(lines[0])
    return lines
  }

  private func percent(_ share: Double) -> String { String(format: "%.1f", share * 100) }

  private func signed(_ interval: ConfidenceInterval) -> String {
    String(format: "%+.1f (%+.1f to %+.1f)", interval.value * 100, interval.low * 100, interval.high * 100)
  }
}
