// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Foundation
import Records
import Sandboxing

/// The figures of a benchmark as a table.
struct BenchmarkTable {
  private let report: BenchmarkReport
  private let style: ReportStyle

  init(_ report: BenchmarkReport, style: ReportStyle) {
    self.report = report
    self.style = style
  }

  var text: String {
    let subject = report.subject
    var lines = [
      style.bold(subject.name)
        + ": \(memorySize(subject.weightBytes)) of weights read for a token (\(subject.types)), "
        + "keys and values in \(subject.cacheType)",
      style.faint(report.machine.title),
    ]
    if !report.isComplete { lines.append(style.bad("Stopped early: the figures are those that were there by then.")) }
    lines += [""] + table
    if !notes.isEmpty { lines += [""] + notes }
    return lines.joined(separator: "\n")
  }

  private var table: [String] {
    var table = TextTable(numeric: [1, 2, 4, 5])
    let rounds = report.figures.map(\.value.rounds).max() ?? 0
    table.add(
      "\(rounds) \(rounds == 1 ? "round" : "rounds") each", "median", "range", "", "bandwidth", "share")
    for figure in report.figures {
      let unit = FigureUnit(figure.unit, typical: figure.value.median)
      table.add(
        figure.name, unit.number(figure.value.median), unit.range(figure.value), unit.name,
        figure.bandwidth.map { String(format: "%.1f GB/s", $0.median / 1e9) } ?? "",
        figure.share.map { String(format: "%.0f %%", $0.median * 100) } ?? "")
    }
    var lines = table.lines(indent: 0)
    lines[0] = style.bold(lines[0])
    return lines
  }

  /// What stands beside figures, each once.
  private var notes: [String] {
    var notes: [(text: String, parts: [String])] = []
    for figure in report.figures {
      guard let text = figure.note else { continue }
      if let known = notes.firstIndex(where: { $0.text == text }) {
        if !notes[known].parts.contains(figure.part.rawValue) { notes[known].parts.append(figure.part.rawValue) }
      } else {
        notes.append((text, [figure.part.rawValue]))
      }
    }
    return notes.map { style.faint("\($0.parts.joined(separator: ", ")): \($0.text)") }
  }
}

/// Two runs side by side as a table.
struct ComparisonTable {
  private let comparison: BenchmarkComparison
  private let style: ReportStyle

  init(_ comparison: BenchmarkComparison, style: ReportStyle) {
    self.comparison = comparison
    self.style = style
  }

  var text: String {
    var lines = comparison.differences.map { style.faint($0) }
    if !lines.isEmpty { lines.append("") }
    lines += table
    for (names, which) in [(comparison.onlyOld, "old"), (comparison.onlyNew, "new")] where !names.isEmpty {
      lines.append("In the \(which) run alone: " + names.joined(separator: "; "))
    }
    return lines.joined(separator: "\n")
  }

  private var table: [String] {
    guard !comparison.rows.isEmpty else { return ["The runs have no figure in common."] }
    var table = TextTable(numeric: [1, 2, 4, 5])
    table.add("figure", "old", "new", "", "new / old", "range", "")
    for row in comparison.rows {
      let unit = FigureUnit(row.unit, typical: row.old.median)
      table.add(
        row.name, unit.number(row.old.median), unit.number(row.new.median), unit.name,
        String(format: "%.3f", row.ratio),
        String(format: "%.3f–%.3f", row.ratioRange.lowerBound, row.ratioRange.upperBound), words(row.verdict))
    }
    var lines = table.lines(indent: 0)
    lines[0] = style.bold(lines[0])
    for (index, row) in comparison.rows.enumerated() {
      switch row.verdict {
      case .better: lines[index + 1] = style.good(lines[index + 1])
      case .worse: lines[index + 1] = style.bad(lines[index + 1])
      case .withinSpread: break
      }
    }
    return lines
  }

  private func words(_ verdict: BenchmarkComparison.Verdict) -> String {
    switch verdict {
    case .better: "better by more than the spread"
    case .worse: "worse by more than the spread"
    case .withinSpread: "within the spread"
    }
  }
}

/// A unit in which a figure's numbers are neither long nor small.
struct FigureUnit {
  let name: String
  private let factor: Double

  /// - Parameter typical: a value of those that are to be shown.
  init(_ unit: BenchmarkResult.Unit, typical: Double) {
    switch unit {
    case .tokensPerSecond, .framesPerSecond: (name, factor) = (unit.rawValue, 1)
    case .bytesPerSecond: (name, factor) = ("GB/s", 1e-9)
    case .seconds: (name, factor) = typical < 1 ? ("ms", 1000) : ("s", 1)
    case .bytes: (name, factor) = ("MiB", 0x1p-20)
    }
  }

  /// With three digits that count.
  func number(_ value: Double) -> String {
    let scaled = value * factor
    return String(format: scaled >= 100 ? "%.0f" : scaled >= 10 ? "%.1f" : "%.2f", scaled)
  }

  func range(_ spread: MedianRange) -> String {
    spread.rounds > 1 ? number(spread.lowest) + "–" + number(spread.highest) : ""
  }
}
