// SPDX-License-Identifier: Apache-2.0

/// The order of an image's patches in the vision tower.
///
/// Patches that are merged to one token, a spatial merge group of `spatialMergeSize` × `spatialMergeSize`, follow each
/// other, row by row within the group. The groups follow each other row by row of the image or, in a tower with
/// windows, window by window and row by row within each (transformers' `get_window_index`). In a tower that merges in
/// two stages, the patches of an inner group follow each other, and so do the inner groups of a spatial merge group.
struct PatchLayout: Hashable {
  /// Rows of patches; a multiple of `spatialMergeSize`.
  let height: Int
  /// Columns of patches; a multiple of `spatialMergeSize`.
  let width: Int
  let spatialMergeSize: Int
  /// Merge groups along a window's side; nil without windows. Windows at the right and lower edge may be smaller.
  var windowSide: Int?
  /// Patches along the side of an inner group; nil where patches are merged at once.
  var innerSide: Int?

  /// Patches of the image.
  var count: Int { height * width }
  /// Patches of a spatial merge group.
  var groupSize: Int { spatialMergeSize * spatialMergeSize }
  /// Columns of merge groups.
  var mergedColumns: Int { width / spatialMergeSize }

  /// Calls `body` with each patch's index in the tower, and its row and column in the image.
  func forEachPatch(_ body: (_ index: Int, _ row: Int, _ column: Int) -> Void) {
    var index = 0
    let inner = innerSide ?? spatialMergeSize
    forEachMergeGroup { _, groupRow, groupColumn in
      let (top, left) = (groupRow * spatialMergeSize, groupColumn * spatialMergeSize)
      for innerRow in stride(from: top, to: top + spatialMergeSize, by: inner) {
        for innerColumn in stride(from: left, to: left + spatialMergeSize, by: inner) {
          for row in innerRow..<innerRow + inner {
            for column in innerColumn..<innerColumn + inner {
              body(index, row, column)
              index += 1
            }
          }
        }
      }
    }
  }

  /// Calls `body` with each merge group's index in the tower, and its row and column among the image's merge groups.
  func forEachMergeGroup(_ body: (_ index: Int, _ row: Int, _ column: Int) -> Void) {
    var index = 0
    forEachWindow { rows, columns in
      for row in rows {
        for column in columns {
          body(index, row, column)
          index += 1
        }
      }
    }
  }

  /// For each window, the patch after its last one; transformers' `cu_window_seqlens` without the first 0.
  var windowEnds: [Int] {
    var ends: [Int] = []
    forEachWindow { rows, columns in
      ends.append((ends.last ?? 0) + rows.count * columns.count * groupSize)
    }
    return ends
  }

  private func forEachWindow(_ body: (_ rows: Range<Int>, _ columns: Range<Int>) -> Void) {
    let rows = height / spatialMergeSize
    let columns = mergedColumns
    for row in stride(from: 0, to: rows, by: windowSide ?? rows) {
      for column in stride(from: 0, to: columns, by: windowSide ?? columns) {
        body(row..<min(row + (windowSide ?? rows), rows), column..<min(column + (windowSide ?? columns), columns))
      }
    }
  }
}
