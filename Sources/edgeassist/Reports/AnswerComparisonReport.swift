// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Images

/// A comparison of two models' answers as tables, and as a plot.
struct AnswerComparisonReport {
  var summary: AnswerComparisonSummary
  /// The names of the files.
  var reference: String
  var candidate: String
  var isComplete: Bool
  var style: ReportStyle

  /// The whole report.
  var text: String {
    guard summary.questions > 0 else { return "No question was asked." }
    var table = TextTable(numeric: [2, 3])
    table.add("", "", "estimate", "95 % interval")
    let rows = [
      ("exact match", reference, summary.referenceExactMatch), ("exact match", candidate, summary.candidateExactMatch),
      ("difference", "", summary.difference), ("same answer", "", summary.sameAnswer),
    ]
    for (name, model, interval) in rows {
      table.add(
        name, model, percent(interval.value), "\(percent(interval.low)) to \(percent(interval.high))")
    }
    var lines = table.lines(indent: 0)
    lines[0] = style.bold(lines[0])
    lines += [
      "Only \(reference) is right: \(summary.lost) of \(summary.questions); only \(candidate): \(summary.won).", "",
      tokens.text,
    ]
    return lines.joined(separator: "\n")
  }

  /// Flips and divergences by position in the answer.
  func plot() -> Image { tokens.plot() }

  private var tokens: ComparisonReport {
    ComparisonReport(
      summary: summary.answers, reference: reference, candidate: candidate, isComplete: isComplete, style: style,
      subject: .answers)
  }

  private func percent(_ value: Double) -> String { String(format: "%.1f %%", value * 100) }
}
