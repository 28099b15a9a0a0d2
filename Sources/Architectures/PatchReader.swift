// SPDX-License-Identifier: Apache-2.0

import Compute
import Images

/// Cuts an image into patches of normalized pixels, `[patches][3 * patchSize * patchSize]`: channel by channel, row by
/// row, as transformers' image processor flattens them.
struct PatchReader {
  let patchSize: Int
  /// The normalized value of each level of each channel, `[3][256]`: (level / 255 − mean) / standard deviation.
  private let normalized: [Float]

  init(sizes: VisionConfiguration) {
    patchSize = sizes.patchSize
    normalized = (0..<3).flatMap { channel in
      (0..<256).map { (Float($0) / 255 - sizes.imageMean[channel]) / sizes.imageStd[channel] }
    }
  }

  /// Values of a patch.
  var width: Int { 3 * patchSize * patchSize }

  /// Fills one row of `rows` for each patch that is computed, in the order of `layout`.
  func read(_ image: Image, layout: PatchLayout, computing computed: VisionRows, into rows: FloatMatrix) {
    image.pixels.withUnsafeBufferPointer { pixels in
      normalized.withUnsafeBufferPointer { normalized in
        computed.forEachPatch(of: layout) { index, row, column in
          let corner = (row * patchSize * image.width + column * patchSize) * 3
          rows.fill(row: index, columns: width) { target in
            for channel in 0..<3 {
              for y in 0..<patchSize {
                for x in 0..<patchSize {
                  let level = Int(pixels[corner + (y * image.width + x) * 3 + channel])
                  target[(channel * patchSize + y) * patchSize + x] = normalized[channel * 256 + level]
                }
              }
            }
          }
        }
      }
    }
  }
}
