// SPDX-License-Identifier: Apache-2.0

import Compute

/// Bilinear resampling of a grid of rows to another size: each new row is a weighted sum of up to four old ones.
struct Resampling {
  /// How the two grids lie over each other.
  enum Alignment {
    /// The middles of the outermost cells meet.
    case corners
    /// The outer edges meet.
    case edges
  }

  private typealias Tap = (row: Int, weight: Float)

  private let taps: [[Tap]]

  /// - Parameters:
  ///   - source: rows down and across that there are.
  ///   - target: rows down and across that are wanted.
  init(from source: (height: Int, width: Int), to target: (height: Int, width: Int), alignment: Alignment) {
    let down = (0..<target.height).map { Resampling.taps($0, of: target.height, from: source.height, alignment) }
    let across = (0..<target.width).map { Resampling.taps($0, of: target.width, from: source.width, alignment) }
    taps = down.flatMap { down in
      across.map { across in
        down.flatMap { y in across.map { x in (row: y.row * source.width + x.row, weight: y.weight * x.weight) } }
      }
    }
  }

  /// Rows of the wanted grid.
  var count: Int { taps.count }

  /// Writes the new row for a place of the wanted grid, counted row by row, into row `index` of `output`.
  func fill(_ output: FloatMatrix, row index: Int, from source: FloatMatrix, place: Int) {
    output.fill(row: index, sumOf: taps[place], of: source)
  }

  private static func taps(_ index: Int, of count: Int, from size: Int, _ alignment: Alignment) -> [Tap] {
    let place =
      switch alignment {
      case .corners: Double(index) * Double(size - 1) / Double(max(count - 1, 1))
      case .edges: max((Double(index) + 0.5) * Double(size) / Double(count) - 0.5, 0)
      }
    let first = min(Int(place), size - 1)
    let share = Float(place - Double(first))
    guard share > 0, first + 1 < size else { return [(row: first, weight: 1)] }
    return [(row: first, weight: 1 - share), (row: first + 1, weight: share)]
  }
}
