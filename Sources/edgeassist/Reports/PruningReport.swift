// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Records

/// What was measured for a pruning profile, as tables.
struct PruningReport {
  var measurement: PruningMeasurement
  var output: String
  var style: ReportStyle

  /// The whole report.
  var text: String {
    let profile = measurement.profile
    var lines = table(
      "Divergence of the predictions without each key-value head, in nats (×: left out):",
      measurement.headDivergences, leftOut: profile.language.heads)
    lines.append(
      joint("Heads left out together: \(profile.language.headCount); divergence", measurement.language, unit: "nats"))
    if let vision = profile.vision, let found = measurement.vision {
      lines.append("")
      if measurement.visionHeadErrors.contains(where: { !$0.isEmpty }) {
        lines += table(
          "Relative error of the embeddings without each head of the vision tower (×: left out):",
          measurement.visionHeadErrors, leftOut: vision.pruning.heads)
      }
      if measurement.mapErrors.contains(where: { $0 != nil }) { lines += maps(vision.pruning.reusedMaps) }
      lines.append(
        joint(
          "Heads left out together: \(vision.pruning.headCount), maps reused: \(vision.pruning.reusedMaps.count); "
            + "error",
          found, unit: ""))
    }
    lines.append("Measured on \(profile.origin). Written: \(visible(output))")
    return lines.joined(separator: "\n")
  }

  private func table(_ title: String, _ values: [[Double]], leftOut: [[Int]]) -> [String] {
    let width = values.map(\.count).max() ?? 0
    var table = TextTable(numeric: Set(0...width))
    table.add(["layer"] + (0..<width).map { "head \($0)" })
    for (layer, row) in values.enumerated() {
      let gone = leftOut.indices.contains(layer) ? leftOut[layer] : []
      table.add(["\(layer)"] + row.enumerated().map { number($1) + (gone.contains($0) ? " ×" : "  ") })
    }
    var lines = table.lines(indent: 0)
    lines[0] = style.bold(lines[0])
    return [title] + lines
  }

  private func maps(_ reused: [Int]) -> [String] {
    var table = TextTable(numeric: [0, 1])
    table.add("layer", "error")
    for (layer, error) in measurement.mapErrors.enumerated() {
      table.add(["\(layer)", (error.map(number) ?? "–") + (reused.contains(layer) ? " ×" : "  ")])
    }
    var lines = table.lines(indent: 0)
    lines[0] = style.bold(lines[0])
    return ["Relative error where a layer reuses the map of the layer before it (×: it does):"] + lines
  }

  private func joint(_ title: String, _ joint: PruningMeasurement.Joint, unit: String) -> String {
    let unit = unit.isEmpty ? "" : " " + unit
    guard let random = joint.random else { return "\(title) \(number(joint.chosen))\(unit)" }
    return "\(title) \(number(joint.chosen))\(unit); drawn at random, median of 10: \(number(random))\(unit)"
  }

  private func number(_ value: Double) -> String { String(format: "%.4f", value) }
}
