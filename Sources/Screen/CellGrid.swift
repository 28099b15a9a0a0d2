// SPDX-License-Identifier: Apache-2.0

/// A colour of a cell.
package enum CellColor: Equatable, Sendable {
  /// The terminal's own.
  case standard
  /// A number of the terminal's palette.
  case indexed(UInt8)
  /// 24-bit; drawn only when the terminal shows it.
  case rgb(UInt8, UInt8, UInt8)
}

package struct CellStyle: Equatable, Sendable {
  package struct Attributes: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let bold = Attributes(rawValue: 1)
    package static let dim = Attributes(rawValue: 2)
    package static let underline = Attributes(rawValue: 4)
    package static let reverse = Attributes(rawValue: 8)
    package static let italic = Attributes(rawValue: 16)
  }

  package var foreground: CellColor
  package var background: CellColor
  package var attributes: Attributes

  package init(
    _ foreground: CellColor = .standard, on background: CellColor = .standard, _ attributes: Attributes = []
  ) {
    self.foreground = foreground
    self.background = background
    self.attributes = attributes
  }

  package static let plain = CellStyle()
}

/// One position of the screen. The right half of a wide glyph is a cell of width 0 without text.
package struct Cell: Equatable, Sendable {
  package var text: String
  package var width: Int8
  package var style: CellStyle

  package static let blank = Cell(text: " ", width: 1, style: .plain)
}

/// A rectangle of cells; may be empty.
package struct Rectangle: Equatable, Sendable {
  package var column: Int
  package var row: Int
  package var columns: Int
  package var rows: Int

  package init(column: Int, row: Int, columns: Int, rows: Int) {
    self.column = column
    self.row = row
    self.columns = max(0, columns)
    self.rows = max(0, rows)
  }

  package var isEmpty: Bool { columns == 0 || rows == 0 }
  package var endColumn: Int { column + columns }
  package var endRow: Int { row + rows }
}

package struct CellPosition: Equatable, Sendable {
  package var column: Int
  package var row: Int
}

/// The screen as drawn, before any terminal has seen it. Nothing put outside has an effect.
package struct CellGrid: Equatable, Sendable {
  package let columns: Int
  package let rows: Int
  package private(set) var cells: [Cell]
  /// Where the terminal's cursor belongs; nil hides it.
  package var cursor: CellPosition?

  package init(columns: Int, rows: Int) {
    self.columns = max(0, columns)
    self.rows = max(0, rows)
    cells = Array(repeating: .blank, count: self.columns * self.rows)
  }

  package subscript(column: Int, row: Int) -> Cell {
    cells[row * columns + column]
  }

  package var bounds: Rectangle { Rectangle(column: 0, row: 0, columns: columns, rows: rows) }

  /// Puts one glyph; a wide one that it half covers is blanked, one that does not fit is left out.
  package mutating func put(_ glyph: Glyph, column: Int, row: Int, style: CellStyle) {
    guard row >= 0, row < rows, column >= 0, column + glyph.width <= columns else { return }
    let index = row * columns + column
    if cells[index].width == 0, column > 0 {
      cells[index - 1].text = " "
      cells[index - 1].width = 1
    }
    let after = index + glyph.width
    if column + glyph.width < columns, cells[after].width == 0 {
      cells[after].text = " "
      cells[after].width = 1
    }
    cells[index] = Cell(text: glyph.text, width: Int8(glyph.width), style: style)
    if glyph.width == 2 { cells[index + 1] = Cell(text: "", width: 0, style: style) }
  }

  /// Writes a text on one line, at most `limit` columns of it, and returns the column after it. A wide glyph that
  /// would be cut at the limit is left out.
  @discardableResult
  package mutating func write(
    _ text: some StringProtocol, column: Int, row: Int, limit: Int = .max, style: CellStyle = .plain
  ) -> Int {
    let end = limit > columns ? columns : min(columns, column + max(0, limit))
    var position = column
    for character in text {
      for glyph in glyphs(of: character) {
        guard position + glyph.width <= end else { return position }
        put(glyph, column: position, row: row, style: style)
        position += glyph.width
      }
    }
    return position
  }

  package mutating func fill(_ area: Rectangle, _ text: String = " ", style: CellStyle = .plain) {
    for row in area.row..<area.endRow {
      for column in area.column..<area.endColumn {
        put(Glyph(text: text, width: 1), column: column, row: row, style: style)
      }
    }
  }

  /// The text of every row with spaces at the end left out: what a person would read.
  package var text: [String] {
    (0..<rows).map { row in
      var line = ""
      for column in 0..<columns { line += self[column, row].text }
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }
  }
}
