// SPDX-License-Identifier: Apache-2.0

import Architectures
import ArgumentParser
import Inference

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

/// Ways of encoding a stream.
enum VisionEncodingChoice: String, ExpressibleByArgument, CaseIterable {
  /// Every place of every frame.
  case dense
  /// Places that changed; the language model reads all.
  case sparseTower = "sparse-tower"
  /// Places that changed.
  case sparse
}

extension VisionCache.Precision: ExpressibleByArgument {}

/// Which places of a stream's frames the vision tower computes.
struct VisionEncodingOptions: ParsableArguments {
  @Option(
    name: .customLong("vision"),
    help: ArgumentHelp(
      "sparse: of each frame only places that have changed go through the vision tower and are read by the language "
        + "model, which is several times as fast with a camera that stands still. sparse-tower: the language model "
        + "reads all of them. dense: everything is computed for every frame. (default: dense)",
      valueName: "encoding"))
  var chosen: VisionEncodingChoice?

  @Option(
    name: .customLong("vision-cache"),
    help: ArgumentHelp(
      "How --vision sparse keeps the vision tower's keys and values: as floats (f32), or in 8 bits (q8), which takes a "
        + "quarter of the memory. (default: q8)",
      valueName: "type"))
  var precision: VisionCache.Precision?

  /// The names of those that were given.
  var given: [String] { GivenOptions.names(of: ["--vision": chosen != nil, "--vision-cache": precision != nil]) }

  var encoding: VisionEncoding {
    switch chosen ?? .dense {
    case .dense: .dense
    case .sparseTower: .sparse(precision ?? .q8, isReadSparsely: false)
    case .sparse: .sparse(precision ?? .q8, isReadSparsely: true)
    }
  }
}
