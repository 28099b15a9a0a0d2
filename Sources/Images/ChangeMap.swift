// SPDX-License-Identifier: Apache-2.0

/// Which cells of a stream's frames differ from a reference: from what was last encoded there.
///
/// A cell is changed where a block of it differs by more than the camera's noise, in luma, in chroma or in the pixels'
/// own luma (`NoiseFloor`). Single cells that differ by little and have quiet neighbours are taken for noise. The cells
/// around a changed one count as changed, as the important pillars of selectively dilated convolution (SD-Conv, Park et
/// al., 2024) spread to their neighbours: what is seen there depends on it most.
public struct ChangeMap {
  /// The side of a square cell, in pixels.
  public let cellSide: Int
  private var grid: BlockGrid?
  private var reference: FrameFeatures?
  /// The frame that was compared last.
  private var current: FrameFeatures?
  private(set) var noise = NoiseFloor()

  /// A cell that differs by this many thresholds is no noise, whatever its neighbours do.
  private static let certain: Float = 1.5
  /// A neighbour that differs by this many thresholds supports a cell.
  private static let support: Float = 0.6

  /// - Parameter cellSide: in pixels, at least 4.
  public init(cellSide: Int) {
    precondition(cellSide >= BlockGrid.blocksPerSide, "a cell is made of blocks")
    self.cellSide = cellSide
  }

  /// Compares a frame with the reference.
  ///
  /// - Returns: whether each cell has changed, row by row; nil where there is no reference of this size.
  public mutating func changes(in image: Image) -> [Bool]? {
    let grid = BlockGrid(width: image.width, height: image.height, cellSide: cellSide)
    if grid != self.grid { (self.grid, reference, current) = (grid, nil, nil) }
    let features = FrameFeatures(image, blocks: grid)
    if let before = current { learn(features, after: before, grid) }
    current = features
    guard let reference else { return nil }
    return Self.changed(scores(features, against: reference, grid), grid)
  }

  /// Makes cells of the last frame that was compared the reference.
  ///
  /// - Parameter cells: whether each cell is taken over, row by row; nil for all.
  public mutating func accept(_ cells: [Bool]? = nil) {
    guard let grid, let frame = current else { return }
    if let cells, reference != nil {
      for cell in cells.indices where cells[cell] { reference?.copy(cell: cell, from: frame, blocks: grid) }
    } else {
      reference = frame
    }
  }

  private mutating func learn(_ features: FrameFeatures, after before: FrameFeatures, _ grid: BlockGrid) {
    let count = grid.count
    func differences(_ channel: Int) -> [Float] {
      (channel * count..<(channel + 1) * count).map { abs(features.means[$0] - before.means[$0]) }
    }
    noise.add(
      luma: differences(0), chroma: zip(differences(1), differences(2)).map(max),
      texture: features.textureDifference(to: before, blocks: grid))
  }

  /// By how many thresholds each cell differs, in the block and the measure where it differs most.
  private func scores(_ features: FrameFeatures, against reference: FrameFeatures, _ grid: BlockGrid) -> [Float] {
    let count = grid.count
    let texture = features.textureDifference(to: reference, blocks: grid)
    let thresholds = [noise.lumaThreshold, noise.chromaThreshold, noise.chromaThreshold]
    var scores = [Float](repeating: 0, count: grid.cellCount)
    for block in 0..<count {
      var score = texture[block] / noise.textureThreshold
      for channel in 0..<3 {
        let index = channel * count + block
        score = max(score, abs(features.means[index] - reference.means[index]) / thresholds[channel])
      }
      let cell = grid.cell(ofBlock: block)
      scores[cell] = max(scores[cell], score)
    }
    return scores
  }

  /// The cells that count as changed.
  private static func changed(_ scores: [Float], _ grid: BlockGrid) -> [Bool] {
    var changed = [Bool](repeating: false, count: scores.count)
    for cell in scores.indices {
      let neighbours = grid.neighbours(ofCell: cell)
      guard scores[cell] >= certain || scores[cell] >= 1 && neighbours.contains(where: { scores[$0] >= support })
      else { continue }
      changed[cell] = true
      for neighbour in neighbours { changed[neighbour] = true }
    }
    return changed
  }
}
