// SPDX-License-Identifier: Apache-2.0

import Records

/// Columns of text, each as wide as its widest cell.
struct TextTable {
  /// Columns that are aligned to the right.
  var numeric: Set<Int>
  private(set) var rows: [[String]] = []

  init(numeric: Set<Int>) {
    self.numeric = numeric
  }

  mutating func add(_ cells: String...) { add(cells) }
  mutating func add(_ cells: [String]) { rows.append(cells.map { visible($0) }) }

  func lines(indent: Int) -> [String] {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { cells in
      let padded = cells.enumerated().map { column, cell in
        let gap = String(repeating: " ", count: widths[column] - cell.count)
        return numeric.contains(column) ? gap + cell : cell + gap
      }
      let line = String(repeating: " ", count: indent) + padded.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}
