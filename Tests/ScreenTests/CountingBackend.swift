// SPDX-License-Identifier: Apache-2.0

import Screen

/// Shows grids to nobody, and counts what a terminal would have had to draw.
struct CountingBackend {
  private(set) var shown: CellGrid?
  /// Cells that the last grid changed.
  private(set) var changedCells = 0

  mutating func show(_ grid: CellGrid) {
    changedCells = changes(from: shown, to: grid).count
    shown = grid
  }

  mutating func forget() { shown = nil }
}
