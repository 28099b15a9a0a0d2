// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import Synchronization

/// What a head profile says, as a table.
struct ProfileReport {
  var profile: HeadBudgetProfile
  var output: String
  var groupSize: Int
  var style: ReportStyle

  /// Shares are shown as multiples of an equal one.
  var text: String {
    let model = profile.model
    let heads = Double(model.layers * model.keyValueHeads)
    var table = TextTable(numeric: Set(0...model.keyValueHeads))
    table.add(["layer"] + (0..<model.keyValueHeads).map { "head \($0)" })
    for (layer, row) in profile.shares.enumerated() {
      table.add(
        ["\(layer)"]
          + zip(row, profile.deviations[layer]).map {
            String(format: "%.2f ± %.2f", $0 * heads, $1 * heads)
          })
    }
    var lines = table.lines(indent: 0)
    lines[0] = style.bold(lines[0])
    lines.insert("What each head has use for, 1 being an equal share, with its deviation from stream to stream:", at: 0)
    lines += [
      "",
      String(
        format: "Ranking of heads, stream against mean: %.2f, at the least %.2f (1 is the same)",
        profile.stability.mean, profile.stability.least),
      String(format: "Heads that hardly vary: %.0f %%", profile.coverage * 100),
      waste,
      "Measured on \(profile.origin.questions) questions about \(profile.origin.streams) streams. Written: \(output)",
    ]
    return lines.joined(separator: "\n")
  }

  private var waste: String {
    let shape = profile.model.shape
    // The profile is of its own model's shape.
    let sorted = (try? HeadBudgets(profile: profile, shape: shape, groupSize: groupSize))?.groups ?? []
    let adjacent = HeadBudgets.adjacentGroups(of: shape, size: groupSize)
    return String(
      format:
        "Room lost where a group of %d takes what its largest member needs: %.1f %% of neighbours, %.1f %% of like "
        + "heads", groupSize, HeadBudgets.waste(of: adjacent, shares: profile.shares) * 100,
      HeadBudgets.waste(of: sorted, shares: profile.shares) * 100)
  }
}

/// The progress bar of a measurement.
final class ProfileProgress: Sendable {
  private let bar = Mutex(ProgressBar())

  func show(_ done: Int, of all: Int) { bar.withLock { $0.show(done, of: all, "questions read") } }

  func finish() { bar.withLock { $0.finish() } }
}
