// SPDX-License-Identifier: Apache-2.0

import Architectures
import ArgumentParser
import Inference

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
