// SPDX-License-Identifier: Apache-2.0

import Compute

/// Bilinear interpolation of a grid of rows to another size, as PyTorch's `interpolate`: each row of the target is a
/// weighted sum of up to four rows of the source.
struct BilinearInterpolation {
  /// How the two grids lie over each other.
  enum Alignment {
    /// The centres of the outermost cells meet: `align_corners=True`.
    case corners
    /// The outer edges of the outermost cells meet: `align_corners=False`.
    case edges
    /// As `edges`, and where the target is smaller, each of its rows is a mean over all source rows that it covers,
    /// those nearer its centre weighing more: `antialias=True`.
    case antialiasedEdges
  }

  private typealias Tap = (row: Int, weight: Float)

  /// For each row of the target, the rows of the source and their weights.
  private let taps: [[Tap]]

  /// - Parameters:
  ///   - source: size of the grid to read.
  ///   - target: size of the grid to make.
  init(from source: (height: Int, width: Int), to target: (height: Int, width: Int), alignment: Alignment) {
    let vertical = (0..<target.height).map { Self.taps($0, of: target.height, from: source.height, alignment) }
    let horizontal = (0..<target.width).map { Self.taps($0, of: target.width, from: source.width, alignment) }
    taps = vertical.flatMap { vertical in
      horizontal.map { horizontal in
        vertical.flatMap { y in
          horizontal.map { x in (row: y.row * source.width + x.row, weight: y.weight * x.weight) }
        }
      }
    }
  }

  /// Rows of the target.
  var count: Int { taps.count }

  /// Writes row `index` of the target, which is counted row by row of its grid, into row `row` of `output`.
  func fill(_ output: FloatMatrix, row: Int, from source: FloatMatrix, index: Int) {
    output.fill(row: row, sumOf: taps[index], of: source)
  }

  private static func taps(_ index: Int, of count: Int, from size: Int, _ alignment: Alignment) -> [Tap] {
    if alignment == .antialiasedEdges, size > count { return antialiasedTaps(index, of: count, from: size) }
    let position =
      switch alignment {
      case .corners: Double(index) * Double(size - 1) / Double(max(count - 1, 1))
      case .edges, .antialiasedEdges: max((Double(index) + 0.5) * Double(size) / Double(count) - 0.5, 0)
      }
    let first = min(Int(position), size - 1)
    let weight = Float(position - Double(first))
    guard weight > 0, first + 1 < size else { return [(row: first, weight: 1)] }
    return [(row: first, weight: 1 - weight), (row: first + 1, weight: weight)]
  }

  /// A triangle over the source, twice as wide as what a row of the target covers.
  private static func antialiasedTaps(_ index: Int, of count: Int, from size: Int) -> [Tap] {
    let scale = Double(size) / Double(count)
    let centre = scale * (Double(index) + 0.5)
    let first = max(Int(centre - scale + 0.5), 0)
    let end = min(Int(centre + scale + 0.5), size)
    let weights = (first..<end).map { max(0, 1 - abs((Double($0) + 0.5 - centre) / scale)) }
    let sum = weights.reduce(0, +)
    return weights.enumerated().map { (row: first + $0.offset, weight: Float($0.element / sum)) }
  }
}
