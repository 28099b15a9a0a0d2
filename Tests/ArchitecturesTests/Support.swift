// SPDX-License-Identifier: Apache-2.0

import Architectures
import Foundation
import Images

/// The path of a file beside the scripts that make the goldens.
func goldenPath(_ file: String) -> String {
  Bundle.module.resourceURL?.appendingPathComponent("Goldens").appendingPathComponent(file).path ?? file
}

/// An image by the formula of the scripts beside the goldens.
func goldenImage(_ index: Int, width: Int, height: Int) -> Image {
  var pixels: [UInt8] = []
  for y in 0..<height {
    for x in 0..<width {
      for c in 0..<3 {
        let value = x * 31 + y * 17 + c * 101 + index * 57 + x * y / 3 + (x / 9) * (y / 7) * 13
        pixels.append(UInt8(truncatingIfNeeded: value))
      }
    }
  }
  return Image(width: width, height: height, pixels: pixels)
}

extension ModelStage {
  /// The stage's name in the goldens; nil for the patches of one image, which they have interleaved with the other's.
  var goldenName: String? {
    switch self {
    case .patches: nil
    case .patchEmbedding: "patch_embedding"
    case .visionBlock(let index): "vision_block.\(index)"
    case .merger: "merger"
    case .decoderLayer(let index): "decoder_layer.\(index)"
    }
  }
}
