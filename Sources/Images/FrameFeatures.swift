// SPDX-License-Identifier: Apache-2.0

/// What two frames are compared by: luma of every pixel, and means of luma and chroma over blocks, which noise of
/// single pixels hardly moves. BT.601 weights, on the scale of 8-bit levels.
struct FrameFeatures {
  /// `[height][width]`
  private(set) var luma: [UInt8]
  /// Mean luma, blue difference and red difference of each block, `[3][block rows][block columns]`.
  private(set) var means: [Float]

  init(_ image: Image, blocks: BlockGrid) {
    let count = blocks.count
    var luma = [UInt8](repeating: 0, count: image.width * image.height)
    var sums = [Int32](repeating: 0, count: count * 3)
    image.pixels.withUnsafeBufferPointer { pixels in
      luma.withUnsafeMutableBufferPointer { luma in
        sums.withUnsafeMutableBufferPointer { sums in
          for y in 0..<image.height {
            for block in blocks.columns(ofRow: y) {
              var (bright, blues, reds) = (Int32(0), Int32(0), Int32(0))
              for pixel in block.pixels {
                let index = pixel * 3
                let (red, green, blue) = (Int32(pixels[index]), Int32(pixels[index + 1]), Int32(pixels[index + 2]))
                let level = (77 * red + 150 * green + 29 * blue) >> 8
                luma[pixel] = UInt8(truncatingIfNeeded: level)
                bright &+= level
                blues &+= blue &- level
                reds &+= red &- level
              }
              sums[block.index] &+= bright
              sums[count + block.index] &+= blues
              sums[2 * count + block.index] &+= reds
            }
          }
        }
      }
    }
    self.luma = luma
    // Differences of colour are up to 1.77 and 1.4 times the chroma levels.
    let scales: [Float] = [1, 0.564, 0.713]
    means = sums.indices.map { index in
      scales[index / max(count, 1)] * Float(sums[index]) / Float(blocks.pixels(ofBlock: index % max(count, 1)))
    }
  }

  /// Mean absolute difference of luma in each block, `[block rows][block columns]`.
  func textureDifference(to other: FrameFeatures, blocks: BlockGrid) -> [Float] {
    var sums = [Int32](repeating: 0, count: blocks.count)
    luma.withUnsafeBufferPointer { mine in
      other.luma.withUnsafeBufferPointer { theirs in
        sums.withUnsafeMutableBufferPointer { sums in
          for y in 0..<blocks.height {
            for block in blocks.columns(ofRow: y) {
              var sum = Int32(0)
              for pixel in block.pixels { sum &+= abs(Int32(mine[pixel]) &- Int32(theirs[pixel])) }
              sums[block.index] &+= sum
            }
          }
        }
      }
    }
    return sums.indices.map { Float(sums[$0]) / Float(blocks.pixels(ofBlock: $0)) }
  }

  /// Takes over the places of a cell from another frame.
  mutating func copy(cell: Int, from other: FrameFeatures, blocks: BlockGrid) {
    for block in blocks.blocks(ofCell: cell) {
      for channel in 0..<3 { means[channel * blocks.count + block] = other.means[channel * blocks.count + block] }
    }
    for row in blocks.pixelRows(ofCell: cell) {
      luma.replaceSubrange(row, with: other.luma[row])
    }
  }
}
