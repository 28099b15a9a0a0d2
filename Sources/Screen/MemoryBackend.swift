/// Somewhere for a grid to be seen.
package protocol CellBackend {
  /// Shows a grid; what has not changed since the last one costs nothing.
  mutating func show(_ grid: CellGrid)
  /// Forgets what stands there, so that the next grid is drawn whole.
  mutating func forget()
}

/// A screen that nobody looks at but tests.
package struct MemoryBackend: CellBackend {
  package private(set) var shown: CellGrid?
  /// Cells that the last grid changed.
  package private(set) var changedCells = 0

  package init() {}

  package mutating func show(_ grid: CellGrid) {
    changedCells = changes(from: shown, to: grid).count
    shown = grid
  }

  package mutating func forget() { shown = nil }
}

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
