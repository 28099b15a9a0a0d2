// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import Records

/// A head budget profile as a table.
struct ProfileReport {
  var profile: HeadBudgetProfile
  var output: String
  var groupSize: Int
  var style: ReportStyle

  /// The whole report. Ratios are shown as multiples of an equal ratio.
  var text: String {
    let (model, origin) = (profile.model, profile.origin)
    let heads = Double(model.layers * model.keyValueHeads)
    var table = TextTable(numeric: Set(0...model.keyValueHeads))
    table.add(["layer"] + (0..<model.keyValueHeads).map { "head \($0)" })
    for (layer, row) in profile.ratios.enumerated() {
      table.add(
        ["\(layer)"]
          + zip(row, profile.deviations[layer]).map {
            String(format: "%.2f ± %.2f", $0 * heads, $1 * heads)
          })
    }
    var lines = table.lines(indent: 0)
    lines[0] = style.bold(lines[0])
    lines.insert(
      "Budget that each head needs (1: as much as the mean head), with its deviation from stream to stream:", at: 0)
    lines += [
      "",
      String(
        format: "Rank correlation of heads, each stream against the mean: %.2f, lowest %.2f (1: same order)",
        profile.stability.mean, profile.stability.least),
      String(format: "Heads that hardly vary from stream to stream: %.0f %%", profile.coverage * 100),
      waste,
      "Measured on \(origin.questions) questions about \(origin.streams) streams. Written: \(visible(output))",
    ]
    return lines.joined(separator: "\n")
  }

  private var waste: String {
    let shape = profile.model.shape
    // A profile fits the shape of its own model.
    let sorted = (try? HeadBudgets(profile: profile, shape: shape, groupSize: groupSize))?.groups ?? []
    let adjacent = HeadBudgets.adjacentGroups(of: shape, size: groupSize)
    return String(
      format:
        "Memory lost if each group of %d heads gets what its neediest head needs: %.1f %% with neighbouring heads, "
        + "%.1f %% with similar heads", groupSize, HeadBudgets.waste(of: adjacent, ratios: profile.ratios) * 100,
      HeadBudgets.waste(of: sorted, ratios: profile.ratios) * 100)
  }
}
