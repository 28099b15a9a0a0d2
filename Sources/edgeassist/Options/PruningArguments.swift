// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Evaluation

/// What `edgeassist profile --pruning` leaves out, and what it is measured on.
struct PruningArguments: ParsableArguments {
  private static let standard = PruningAmounts()

  @Flag(
    name: .customLong("pruning"),
    help: "Measure which attention heads and maps can be left out, for --attention-pruning, in place of budgets.")
  var isWanted = false

  @Option(
    name: .customLong("prune-heads"),
    help: ArgumentHelp(
      "Ratio of the language model's key-value heads to leave out, 0 to 0.9. (default: \(standard.languageHeads))",
      valueName: "ratio"))
  var heads: Double?

  @Option(
    name: .customLong("prune-vision-heads"),
    help: ArgumentHelp(
      "Ratio of the vision tower's heads to leave out, 0 to 0.9. (default: \(standard.visionHeads))",
      valueName: "ratio"))
  var visionHeads: Double?

  @Option(
    name: .customLong("reuse-maps"),
    help: ArgumentHelp(
      "Ratio of the vision tower's layers to reuse the attention map of the layer before, 0 to 0.9. "
        + "(default: \(standard.reusedMaps))", valueName: "ratio"))
  var reusedMaps: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A text, in UTF-8, that the language model is measured on in place of the questions.", valueName: "file"),
    completion: .file())
  var data: String?

  @Option(name: .long, help: ArgumentHelp("Windows of 512 tokens of --data. (default: 2)", valueName: "n"))
  var windows: Int?

  var amounts: PruningAmounts {
    let standard = Self.standard
    return PruningAmounts(
      languageHeads: heads ?? standard.languageHeads, visionHeads: visionHeads ?? standard.visionHeads,
      reusedMaps: reusedMaps ?? standard.reusedMaps)
  }

  func validate() throws {
    let ratios = [("--prune-heads", heads), ("--prune-vision-heads", visionHeads), ("--reuse-maps", reusedMaps)]
    guard isWanted else {
      var given = ratios.filter { $0.1 != nil }.map(\.0)
      given += GivenOptions.names(of: ["--data": data != nil, "--windows": windows != nil])
      return try GivenOptions.refuse(given, "without --pruning")
    }
    for (name, ratio) in ratios {
      if let ratio, !(0...0.9).contains(ratio) { throw ValidationError("\(name) must be from 0 to 0.9, not \(ratio)") }
    }
    if let windows, windows < 1 { throw ValidationError("--windows must be above 0, not \(windows)") }
    if windows != nil && data == nil { throw ValidationError("--windows is for --data") }
  }
}
