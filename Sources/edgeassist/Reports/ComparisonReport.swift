// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Images
import Plotting

/// A comparison of two models as tables, and as a plot.
struct ComparisonReport {
  var summary: ComparisonSummary
  /// The names of the files.
  var reference: String
  var candidate: String
  var isComplete: Bool
  var style: ReportStyle
  /// What the tokens are of.
  var subject = Subject.windows

  /// What was predicted.
  enum Subject {
    /// Windows of a text.
    case windows
    /// The right answers to questions.
    case answers
  }

  /// The whole report.
  var text: String {
    guard summary.tokens > 0 else { return "No window was read." }
    var table = TextTable(numeric: [2, 3])
    table.add("", "", "estimate", "95 % interval")
    let rows = [
      ("perplexity", reference, summary.referencePerplexity), ("perplexity", candidate, summary.candidatePerplexity),
      ("ratio of perplexities", "", summary.perplexityRatio), ("KL divergence, mean", "", summary.divergence),
    ]
    for (name, model, interval) in rows {
      table.add(
        name, model, Self.number(interval.value), "\(Self.number(interval.low)) to \(Self.number(interval.high))")
    }
    table.add(
      "same likeliest token", "", Self.percent(summary.sameTop.value),
      "\(Self.percent(summary.sameTop.low)) to \(Self.percent(summary.sameTop.high))")
    var lines = table.lines(indent: 0)
    lines[0] = style.bold(lines[0])
    let quantiles = summary.divergenceQuantiles.map { quantile in
      (quantile.percent == 100 ? "largest " : String(format: "%g %% ", quantile.percent))
        + Self.number(quantile.value)
    }
    lines += ["KL divergence, quantiles: " + quantiles.joined(separator: ", "), ""]
    var positions = TextTable(numeric: [0, 1, 2])
    positions.add(subject == .windows ? "scored token" : "token of the answer", "likeliest differs", "KL divergence")
    for part in summary.positions {
      positions.add(
        "\(part.first + 1)–\(part.first + part.count)", Self.percent(part.flips), Self.number(part.divergence))
    }
    var lower = positions.lines(indent: 0)
    lower[0] = style.bold(lower[0])
    lines += lower
    lines.append(
      (subject == .windows
        ? "\(summary.tokens) tokens in \(summary.windows) windows; the first half of each is context. "
        : "\(summary.tokens) tokens of \(summary.windows) right answers. ")
        + "Divergences are in nats." + (isComplete ? "" : " The run was stopped early."))
    return lines.joined(separator: "\n")
  }

  /// Flips and divergences by position.
  func plot() -> Image {
    let parts = summary.positions
    return BarChart.draw(
      [
        BarChart.Series(
          title: "Likeliest token differs", values: parts.map(\.flips), texts: parts.map { Self.percent($0.flips) }),
        BarChart.Series(
          title: "Mean KL divergence (nats)", values: parts.map(\.divergence),
          texts: parts.map { Self.number($0.divergence) }),
      ], labels: parts.map { "\($0.first + 1)-\($0.first + $0.count)" }, width: 1200, height: 560)
  }

  private static func number(_ value: Double) -> String {
    let format = value >= 100 ? "%.1f" : value >= 1 ? "%.4f" : value >= 0.001 || value == 0 ? "%.5f" : "%.2e"
    return String(format: format, value)
  }

  private static func percent(_ value: Double) -> String { String(format: "%.1f %%", value * 100) }
}
