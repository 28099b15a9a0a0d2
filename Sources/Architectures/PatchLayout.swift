// SPDX-License-Identifier: Apache-2.0

/// The order of a picture's patches in the vision tower: squares of merge × merge patches one after the other, and
/// within each square its patches row by row, so that the patches of one token lie together. The squares go row by row
/// of the picture, or of one window after the other where there are windows.
struct PatchLayout: Hashable {
  /// Patches down and across; multiples of `merge`.
  let height: Int
  let width: Int
  let merge: Int
  /// Squares along a window's side; those at the right and lower edge may be smaller.
  var window: Int?

  var count: Int { height * width }
  /// Squares across.
  var columns: Int { width / merge }

  /// Calls `body` with each patch's index in the tower, and its row and column in the picture.
  func visitPatches(_ body: (_ index: Int, _ row: Int, _ column: Int) -> Void) {
    var index = 0
    visitMergeGroups { _, squareRow, squareColumn in
      for row in squareRow * merge..<(squareRow + 1) * merge {
        for column in squareColumn * merge..<(squareColumn + 1) * merge {
          body(index, row, column)
          index += 1
        }
      }
    }
  }

  /// Calls `body` with each square's index in the tower, and its row and column among the picture's squares.
  func visitMergeGroups(_ body: (_ index: Int, _ row: Int, _ column: Int) -> Void) {
    var index = 0
    visitWindows { rows, columns in
      for row in rows {
        for column in columns {
          body(index, row, column)
          index += 1
        }
      }
    }
  }

  /// For each window the patch after its last one.
  var windowEnds: [Int] {
    var ends: [Int] = []
    visitWindows { rows, columns in
      ends.append((ends.last ?? 0) + rows.count * columns.count * merge * merge)
    }
    return ends
  }

  private func visitWindows(_ body: (_ rows: Range<Int>, _ columns: Range<Int>) -> Void) {
    let rows = height / merge
    for row in stride(from: 0, to: rows, by: window ?? rows) {
      for column in stride(from: 0, to: columns, by: window ?? columns) {
        body(row..<min(row + (window ?? rows), rows), column..<min(column + (window ?? columns), columns))
      }
    }
  }
}
