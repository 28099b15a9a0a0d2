// SPDX-License-Identifier: Apache-2.0

import CNcurses
import Platform

/// The terminal behind the grid. It writes the changed cells, in the control sequences of terminfo.
///
/// ncurses enters and leaves full-screen mode, reads the keys and knows the terminal, but its windows are not used.
/// Their colours come from a palette, and most terminals with 24-bit colour describe themselves with 256 colours.
/// Pixels written past ncurses do not survive either: it shifts whole rows of the terminal when text scrolls, and
/// cannot be told not to. One writer for every cell is simpler than two that share a terminal.
///
/// The cursor is placed again behind every glyph of disputed width. The rest of the row then stands in its place on
/// every terminal.
struct TerminfoBackend {
  /// The cells on the terminal; nil when they are not known.
  private var shown: CellGrid?
  private let output: Int32
  private let unicode: Bool
  private var bytes: [UInt8] = []
  private var sequences = TerminalSequences()

  init(output: Int32, unicode: Bool) {
    self.output = output
    self.unicode = unicode
  }

  mutating func forget() { shown = nil }

  mutating func show(_ grid: CellGrid) {
    bytes.removeAll(keepingCapacity: true)
    var before = shown.flatMap { $0.columns == grid.columns && $0.rows == grid.rows ? $0 : nil }
    if before == nil {
      bytes += sequences.plain + sequences.clear
      before = CellGrid(columns: grid.columns, rows: grid.rows)
    }
    let changed = changes(from: before, to: grid)
    if changed.isEmpty, let shown, shown.cursor == grid.cursor { return }
    if !changed.isEmpty { bytes += sequences.hideCursor }
    write(changed, of: grid)
    if let cursor = grid.cursor {
      bytes += sequences.move(to: cursor)
      if !changed.isEmpty || shown?.cursor == nil { bytes += sequences.showCursor }
    } else {
      bytes += sequences.hideCursor
    }
    // Write errors are ignored: bytes for a terminal that is gone are lost.
    writeAll(bytes, to: output)
    shown = grid
  }

  private mutating func write(_ positions: [CellPosition], of grid: CellGrid) {
    var next: CellPosition?
    var style: CellStyle?
    for position in positions {
      let cell = grid[position.column, position.row]
      // The right half of a wide glyph came with its left half.
      if cell.width == 0 { continue }
      if position != next { bytes += sequences.move(to: position) }
      if cell.style != style {
        bytes += sequences.style(cell.style)
        style = cell.style
      }
      append(cell)
      let isCertain = cell.width == 1 && cell.text.unicodeScalars.count == 1
      next = isCertain ? CellPosition(column: position.column + 1, row: position.row) : nil
    }
    if style != nil { bytes += sequences.plain }
  }

  private mutating func append(_ cell: Cell) {
    if unicode || cell.text.utf8.allSatisfy({ $0 < 0x80 }) {
      bytes += cell.text.utf8
    } else {
      bytes += Array(repeating: UInt8(ascii: "?"), count: Int(cell.width))
    }
  }
}

/// The byte sequences of this terminal, each looked up once.
private struct TerminalSequences {
  let plain = capability("sgr0")
  let clear = capability("clear")
  let hideCursor = capability("civis")
  let showCursor = capability("cnorm")
  private let attributes: [(CellStyle.Attributes, [UInt8])] = [
    (.bold, capability("bold")), (.dim, capability("dim")), (.underline, capability("smul")),
    (.reverse, capability("rev")), (.italic, capability("sitm")),
  ]
  private var foregrounds = [[UInt8]?](repeating: nil, count: 256)
  private var backgrounds = [[UInt8]?](repeating: nil, count: 256)

  func move(to position: CellPosition) -> [UInt8] {
    collected { cn_cursor_address(Int32(position.row), Int32(position.column), $0, $1) }
  }

  mutating func style(_ style: CellStyle) -> [UInt8] {
    var result = plain
    for (attribute, bytes) in attributes where style.attributes.contains(attribute) { result += bytes }
    result += color(style.foreground, isBackground: false)
    result += color(style.background, isBackground: true)
    return result
  }

  private mutating func color(_ color: CellColor, isBackground: Bool) -> [UInt8] {
    switch color {
    case .standard:
      return []
    case .indexed(let index):
      let known = isBackground ? backgrounds[Int(index)] : foregrounds[Int(index)]
      if let known { return known }
      let bytes = collected { cn_color(Int32(index), isBackground, $0, $1) }
      if isBackground { backgrounds[Int(index)] = bytes } else { foregrounds[Int(index)] = bytes }
      return bytes
    case .rgb(let red, let green, let blue):
      // Not in terminfo: the form that every terminal with 24 bits understands.
      return Array("\u{1B}[\(isBackground ? 48 : 38);2;\(red);\(green);\(blue)m".utf8)
    }
  }
}

private func capability(_ name: String) -> [UInt8] {
  collected { cn_capability(name, $0, $1) }
}

private func collected(_ fill: (UnsafeMutablePointer<CChar>?, Int) -> Int) -> [UInt8] {
  let capacity = 64
  return withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
    let count = fill(buffer.baseAddress, capacity)
    return buffer.prefix(count).map { UInt8(bitPattern: $0) }
  }
}
