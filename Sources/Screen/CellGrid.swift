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

/// How a cell's character is drawn.
package struct CellStyle: Equatable, Sendable {
  /// Attributes of a character besides its colour.
  package struct Attributes: OptionSet, Sendable {
    package let rawValue: UInt8
    /// From bits; unknown ones are kept and have no effect.
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    static let bold = Attributes(rawValue: 1)
    static let dim = Attributes(rawValue: 2)
    static let underline = Attributes(rawValue: 4)
    static let reverse = Attributes(rawValue: 8)
    static let italic = Attributes(rawValue: 16)
  }

  /// Colour of the character.
  package var foreground: CellColor
  /// Colour behind it.
  package var background: CellColor
  /// None for plain text.
  package var attributes: Attributes

  /// The terminal's own colours unless others are given.
  package init(
    _ foreground: CellColor = .standard, on background: CellColor = .standard, _ attributes: Attributes = []
  ) {
    self.foreground = foreground
    self.background = background
    self.attributes = attributes
  }

  /// The terminal's own colours, no attributes.
  package static let plain = CellStyle()
}

/// One position of the screen. The right half of a wide glyph is a cell of width 0 without text.
package struct Cell: Equatable, Sendable {
  /// One character with what combines with it; empty in the right half of a wide one.
  package var text: String
  /// Columns that the character takes: 0, 1 or 2.
  package var width: Int8
  /// Both halves of a wide character have the same.
  package var style: CellStyle

  /// A plain space.
  package static let blank = Cell(text: " ", width: 1, style: .plain)
}

/// A rectangle of cells; may be empty.
package struct Rectangle: Equatable, Sendable {
  /// The leftmost column, from 0.
  package var column: Int
  /// The topmost row, from 0.
  package var row: Int
  /// 0 or more.
  package var columns: Int
  /// 0 or more.
  package var rows: Int

  /// Negative sizes become 0.
  package init(column: Int, row: Int, columns: Int, rows: Int) {
    self.column = column
    self.row = row
    self.columns = max(0, columns)
    self.rows = max(0, rows)
  }

  /// True where it has no cell.
  package var isEmpty: Bool { columns == 0 || rows == 0 }
  /// The column to the right of it.
  package var endColumn: Int { column + columns }
  /// The row below it.
  package var endRow: Int { row + rows }
}

/// A cell of the screen.
package struct CellPosition: Equatable, Sendable {
  /// From 0, at the left.
  package var column: Int
  /// From 0, at the top.
  package var row: Int
}

/// The screen as drawn, before any terminal has seen it. Nothing put outside has an effect.
package struct CellGrid: Equatable, Sendable {
  /// Cells of a row.
  package let columns: Int
  /// Rows of the grid.
  package let rows: Int
  /// `[rows][columns]`.
  package private(set) var cells: [Cell]
  /// Where the terminal's cursor belongs; nil hides it.
  package var cursor: CellPosition?

  /// All cells blank; negative sizes become 0.
  package init(columns: Int, rows: Int) {
    self.columns = max(0, columns)
    self.rows = max(0, rows)
    cells = Array(repeating: .blank, count: self.columns * self.rows)
  }

  /// - Precondition: the position is inside the grid.
  package subscript(column: Int, row: Int) -> Cell {
    cells[row * columns + column]
  }

  /// All of the grid.
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

  /// Puts one character of one column into every cell of an area.
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
