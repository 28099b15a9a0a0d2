// SPDX-License-Identifier: Apache-2.0

import Images
import SessionInterface

/// A temporal patch of which every layer caches the same share.
func patch(_ number: Int, _ share: Float = 0.5, layers: Int = 4, thumbnail: Image? = nil) -> RetentionMap.PatchShares {
  RetentionMap.PatchShares(
    number: number, time: Double(number), shares: Array(repeating: share, count: layers), thumbnail: thumbnail)
}

func flatImage(width: Int, height: Int, red: UInt8) -> Image {
  Image(
    width: width, height: height, pixels: (0..<width * height).flatMap { _ -> [UInt8] in [red, 0, 0] })
}

extension RetentionMap {
  static func of(_ patches: [RetentionMap.PatchShares], seen: Int, layers: Int = 4) -> RetentionMap {
    RetentionMap(layers: layers, temporalPatchesSeen: seen, startTime: 0, temporalPatches: patches)
  }
}
