// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Foundation
import Records
import Tuning

/// What tuning gave, as a table.
struct AutotuneTable {
  private let report: AutotuneReport
  private let path: String
  private let style: ReportStyle

  init(_ report: AutotuneReport, path: String, style: ReportStyle) {
    self.report = report
    self.path = path
    self.style = style
  }

  var text: String {
    var lines = table
    lines.append("")
    for phase in phases {
      guard let ratio = report.ratio(of: phase) else { continue }
      lines.append(
        "\(phase): \(Self.percent(1 - ratio)) less time in these products"
          + (ratio == 1 ? "; the standard schedules are as fast" : ""))
    }
    if report.leftOut > 0 {
      lines.append(style.faint("\(report.leftOut) products that take less than 1 % of the time were left out."))
    }
    if report.rows.contains(where: { !$0.isNew }) {
      lines.append(style.faint("Products marked * were measured in an earlier run; --force measures them again."))
    }
    if !report.isComplete {
      lines.append(style.bad("Stopped early: what was measured is kept, and the same command goes on with it."))
    }
    lines.append(style.faint("Used from the next start on: \(visible(path))"))
    return lines.joined(separator: "\n")
  }

  private var phases: [String] {
    report.rows.map(\.phase).reduce(into: []) { phases, phase in if phases.last != phase { phases.append(phase) } }
  }

  private var table: [String] {
    guard !report.rows.isEmpty else { return ["No product was measured."] }
    var table = TextTable(numeric: [1, 2, 4, 5, 6])
    table.add("product", "tokens", "times", "", "standard", "best", "noise", "kept")
    for row in report.rows {
      let product = row.product
      let result = product.result
      table.add(
        row.phase + (row.isNew ? "" : " *"), String(product.tokens), String(row.count), product.shape.title,
        result.map { Self.milliseconds($0.standardSeconds) } ?? "",
        result.map { Self.milliseconds($0.standardSeconds * $0.ratio) } ?? "",
        result.map { "±" + Self.percent(2 * $0.noise) } ?? "", result.map { $0.schedule.title } ?? "not finished")
    }
    var lines = table.lines(indent: 0)
    lines[0] = style.bold(lines[0])
    for (index, row) in report.rows.enumerated() where row.product.result.map({ $0.schedule != .standard }) == true {
      lines[index + 1] = style.good(lines[index + 1])
    }
    return lines
  }

  private static func milliseconds(_ seconds: Double) -> String {
    String(format: seconds < 0.001 ? "%.4f ms" : "%.3f ms", seconds * 1000)
  }

  private static func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }
}
