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

/// An image's cells, each of 4 × 4 blocks of pixels.
struct BlockGrid: Equatable {
  /// Blocks along the side of a cell.
  static let blocksPerSide = 4

  /// In pixels.
  let width, height, cellSide: Int

  /// Cells of a row, and rows of cells. Pixels beyond whole cells belong to none.
  var cellColumns: Int { width / cellSide }
  var cellRows: Int { height / cellSide }
  var cellCount: Int { cellColumns * cellRows }
  /// Blocks of a row of blocks, and of all.
  var columns: Int { cellColumns * Self.blocksPerSide }
  var count: Int { columns * cellRows * Self.blocksPerSide }

  /// The pixels of a cell's side that belong to its n-th block.
  private func span(_ block: Int) -> Range<Int> {
    block * cellSide / Self.blocksPerSide..<(block + 1) * cellSide / Self.blocksPerSide
  }

  /// The runs of pixels of an image's row, with the block that each belongs to. None in rows beyond whole cells.
  func columns(ofRow y: Int) -> some Sequence<(index: Int, pixels: Range<Int>)> {
    let blockRow = y / cellSide * Self.blocksPerSide + blockRow(inCell: y % cellSide)
    return (0..<(y < cellRows * cellSide ? columns : 0)).lazy.map { column in
      let (cell, block) = column.quotientAndRemainder(dividingBy: Self.blocksPerSide)
      let start = y * width + cell * cellSide
      let span = span(block)
      return (index: blockRow * columns + column, pixels: start + span.lowerBound..<start + span.upperBound)
    }
  }

  private func blockRow(inCell y: Int) -> Int {
    (0..<Self.blocksPerSide).first { span($0).contains(y) } ?? Self.blocksPerSide - 1
  }

  /// At least 1.
  func pixels(ofBlock index: Int) -> Int {
    let (row, column) = index.quotientAndRemainder(dividingBy: max(columns, 1))
    return max(1, span(row % Self.blocksPerSide).count * span(column % Self.blocksPerSide).count)
  }

  /// The cell that a block belongs to.
  func cell(ofBlock index: Int) -> Int {
    let (row, column) = index.quotientAndRemainder(dividingBy: max(columns, 1))
    return row / Self.blocksPerSide * cellColumns + column / Self.blocksPerSide
  }

  func blocks(ofCell cell: Int) -> [Int] {
    let (row, column) = cell.quotientAndRemainder(dividingBy: max(cellColumns, 1))
    let side = Self.blocksPerSide
    return (0..<side).flatMap { y in (0..<side).map { (row * side + y) * columns + column * side + $0 } }
  }

  /// For each row of a cell, its pixels.
  func pixelRows(ofCell cell: Int) -> [Range<Int>] {
    let (row, column) = cell.quotientAndRemainder(dividingBy: max(cellColumns, 1))
    return (row * cellSide..<(row + 1) * cellSide).map { y in
      y * width + column * cellSide..<y * width + (column + 1) * cellSide
    }
  }
}
