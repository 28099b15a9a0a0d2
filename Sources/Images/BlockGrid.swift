// SPDX-License-Identifier: Apache-2.0

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

extension BlockGrid {
  /// The up to eight cells around one.
  func neighbours(ofCell cell: Int) -> [Int] {
    let (row, column) = cell.quotientAndRemainder(dividingBy: max(cellColumns, 1))
    var found: [Int] = []
    for y in max(row - 1, 0)...min(row + 1, cellRows - 1) {
      for x in max(column - 1, 0)...min(column + 1, cellColumns - 1) where (y, x) != (row, column) {
        found.append(y * cellColumns + x)
      }
    }
    return found
  }
}
