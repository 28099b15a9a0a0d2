// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Foundation
import Records
import Sandboxing

/// The report of a benchmark as a table.
struct BenchmarkTable {
  private let report: BenchmarkReport
  private let style: ReportStyle

  init(_ report: BenchmarkReport, style: ReportStyle) {
    self.report = report
    self.style = style
  }

  var text: String {
    let model = report.model
    var lines = [
      style.bold(visible(model.name))
        + ": \(memorySize(model.weightBytes)) of weights per token (\(visible(model.types))), "
        + "keys and values in \(visible(model.cacheType))",
      style.faint(visible(report.machine.title)),
    ]
    if !report.isComplete { lines.append(style.bad("Stopped early: only finished results are shown.")) }
    lines += [""] + table
    if !notes.isEmpty { lines += [""] + notes }
    return lines.joined(separator: "\n")
  }

  private var table: [String] {
    var table = TextTable(numeric: [1, 2, 4, 5])
    let repetitions = report.results.map(\.value.repetitions).max() ?? 0
    table.add(
      "\(repetitions) \(repetitions == 1 ? "repetition" : "repetitions")", "median", "range", "", "bandwidth", "of it")
    for result in report.results {
      let unit = DisplayUnit(result.unit, typical: result.value.median)
      table.add(
        result.name, unit.number(result.value.median), unit.range(result.value), unit.name,
        result.bandwidth.map { String(format: "%.1f GB/s", $0.median / 1e9) } ?? "",
        result.bandwidthRatio.map { String(format: "%.0f %%", $0.median * 100) } ?? "")
    }
    var lines = table.lines(indent: 0)
    lines[0] = style.bold(lines[0])
    return lines
  }

  /// The notes of the results, each once, with the parts that they are about.
  private var notes: [String] {
    var notes: [(text: String, parts: [String])] = []
    for result in report.results {
      guard let text = result.note else { continue }
      if let known = notes.firstIndex(where: { $0.text == text }) {
        if !notes[known].parts.contains(result.part.rawValue) { notes[known].parts.append(result.part.rawValue) }
      } else {
        notes.append((text, [result.part.rawValue]))
      }
    }
    return notes.map { style.faint("\($0.parts.joined(separator: ", ")): \(visible($0.text))") }
  }
}

/// The comparison of two runs as a table.
struct ComparisonTable {
  private let comparison: BenchmarkComparison
  private let style: ReportStyle

  init(_ comparison: BenchmarkComparison, style: ReportStyle) {
    self.comparison = comparison
    self.style = style
  }

  var text: String {
    var lines = comparison.differences.map { style.faint(visible($0)) }
    if !lines.isEmpty { lines.append("") }
    lines += table
    for (names, which) in [(comparison.onlyOld, "old"), (comparison.onlyNew, "new")] where !names.isEmpty {
      lines.append("Only in the \(which) run: " + visible(names.joined(separator: "; ")))
    }
    return lines.joined(separator: "\n")
  }

  private var table: [String] {
    guard !comparison.rows.isEmpty else { return ["The runs have no result in common."] }
    var table = TextTable(numeric: [1, 2, 4, 5])
    table.add("result", "old", "new", "", "new / old", "range", "")
    for row in comparison.rows {
      let unit = DisplayUnit(row.unit, typical: row.old.median)
      table.add(
        row.name, unit.number(row.old.median), unit.number(row.new.median), unit.name,
        String(format: "%.3f", row.ratio),
        String(format: "%.3f–%.3f", row.ratioRange.lowerBound, row.ratioRange.upperBound), text(of: row.verdict))
    }
    var lines = table.lines(indent: 0)
    lines[0] = style.bold(lines[0])
    for (index, row) in comparison.rows.enumerated() {
      switch row.verdict {
      case .better: lines[index + 1] = style.good(lines[index + 1])
      case .worse: lines[index + 1] = style.bad(lines[index + 1])
      case .withinRange: break
      }
    }
    return lines
  }

  private func text(of verdict: BenchmarkComparison.Verdict) -> String {
    switch verdict {
    case .better: "better, the ranges do not overlap"
    case .worse: "worse, the ranges do not overlap"
    case .withinRange: "the ranges overlap"
    }
  }
}

/// The unit in which values are shown, so that they are short.
struct DisplayUnit {
  let name: String
  private let factor: Double

  /// - Parameter typical: one of the values to show.
  init(_ unit: BenchmarkResult.Unit, typical: Double) {
    switch unit {
    case .tokensPerSecond, .framesPerSecond: (name, factor) = (unit.rawValue, 1)
    case .bytesPerSecond: (name, factor) = ("GB/s", 1e-9)
    case .seconds: (name, factor) = typical < 1 ? ("ms", 1000) : ("s", 1)
    case .bytes: (name, factor) = ("MiB", 0x1p-20)
    }
  }

  /// A value with three significant digits.
  func number(_ value: Double) -> String {
    let scaled = value * factor
    return String(format: scaled >= 100 ? "%.0f" : scaled >= 10 ? "%.1f" : "%.2f", scaled)
  }

  /// The range of a value; empty for a single repetition.
  func range(_ value: MedianRange) -> String {
    value.repetitions > 1 ? number(value.lowest) + "–" + number(value.highest) : ""
  }
}
