// SPDX-License-Identifier: Apache-2.0

/// Positions, row by row, of the cells in which two grids differ: all of them when there was none before or it had
/// another size.
package func changes(from old: CellGrid?, to new: CellGrid) -> [CellPosition] {
  let comparable = old.map { $0.columns == new.columns && $0.rows == new.rows } ?? false
  var result: [CellPosition] = []
  for row in 0..<new.rows {
    for column in 0..<new.columns {
      if comparable, let old, old[column, row] == new[column, row] { continue }
      result.append(CellPosition(column: column, row: row))
    }
  }
  return result
}
