// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Precisions of the vision tower's weights.
enum VisionPrecision: String, ExpressibleByArgument, CaseIterable {
  /// Float weights are quantized to 8 bits (Q8_0) when they are loaded.
  case fast
  /// Weights are used as the file stores them.
  case exact
}

/// How exactly the vision tower computes.
struct VisionPrecisionOptions: ParsableArguments {
  @Option(
    name: .customLong("vision-precision"),
    help: ArgumentHelp(
      "fast: float weights of the vision tower are quantized to Q8_0 when they are loaded, which is several times as "
        + "fast and takes half the memory. exact: they are used as they are stored. (default: fast)",
      valueName: "precision"))
  var chosen: VisionPrecision?

  var isExact: Bool { chosen == .exact }
}
