import CNcurses
import Glibc

/// The terminal behind the grid.
///
/// ncurses draws everything but the pixels of a 24-bit picture: its colour pairs come from a palette, and terminals
/// that show 24 bits mostly describe themselves with 256 colours. Those cells stay blank for ncurses, and after its
/// refresh their half blocks are written in one go with plain SGR sequences, then the cursor put back where ncurses
/// left it. As ncurses only writes what changes for it, it never touches what it believes blank; after a repaint the
/// picture is written whole.
struct NcursesBackend: CellBackend {
  /// What stands on the terminal; nil when that is not known.
  private var shown: CellGrid?
  private let output: Int32
  private let unicode: Bool
  private var bytes: [UInt8] = []

  init(output: Int32, unicode: Bool) {
    self.output = output
    self.unicode = unicode
  }

  mutating func forget() { shown = nil }

  mutating func show(_ grid: CellGrid) {
    let before = shown.flatMap { $0.columns == grid.columns && $0.rows == grid.rows ? $0 : nil }
    var direct: [CellPosition] = []
    for position in changes(from: before, to: grid) {
      let cell = grid[position.column, position.row]
      if cell.width == 0 { continue }
      let wasDirect = before.map { $0[position.column, position.row].isDirect } ?? false
      if cell.isDirect {
        direct.append(position)
        if !wasDirect { put(.blank, position) }
      } else {
        // ncurses holds a blank here. If it shall stay blank, nobody but us can wipe the pixels away.
        if wasDirect, cell == .blank { direct.append(position) }
        put(cell, position)
      }
    }
    let cursor = grid.cursor
    if !direct.isEmpty { write("\u{1B}[?25l") }
    cn_show(cursor.map { Int32($0.row) } ?? -1, Int32(cursor?.column ?? 0))
    if !direct.isEmpty { writeDirect(direct, of: grid, cursor: cursor) }
    shown = grid
  }

  private func put(_ cell: Cell, _ position: CellPosition) {
    var scalars = cell.text.unicodeScalars.map(\.value)
    let isUnknown = unicode ? scalars.first.map { cn_width($0) != Int32(cell.width) } ?? true : (scalars.first ?? 0) > 0x7E
    if isUnknown {
      // The C library knows another width for it, or none: nothing behind it may be displaced.
      scalars = [0x3F]
      if cell.width == 2 { putScalars([0x20], position.column + 1, position.row, cell.style) }
    } else if !unicode {
      scalars = Array(scalars.prefix(1))
    }
    putScalars(scalars, position.column, position.row, cell.style)
  }

  private func putScalars(_ scalars: [UInt32], _ column: Int, _ row: Int, _ style: CellStyle) {
    cn_put(
      Int32(row), Int32(column), scalars, Int32(scalars.count), UInt32(style.attributes.rawValue),
      style.foreground.paletteNumber, style.background.paletteNumber)
  }

  private mutating func writeDirect(_ positions: [CellPosition], of grid: CellGrid, cursor: CellPosition?) {
    bytes.removeAll(keepingCapacity: true)
    var next: CellPosition?
    var style: CellStyle?
    for position in positions {
      if position != next { append("\u{1B}[\(position.row + 1);\(position.column + 1)H") }
      let cell = grid[position.column, position.row]
      if cell.style != style {
        append("\u{1B}[0")
        append(cell.style.foreground, kind: 38)
        append(cell.style.background, kind: 48)
        append("m")
        style = cell.style
      }
      append(cell.text)
      next = CellPosition(column: position.column + 1, row: position.row)
    }
    append("\u{1B}[0m\u{1B}[\((cursor?.row ?? 0) + 1);\((cursor?.column ?? 0) + 1)H")
    if cursor != nil { append("\u{1B}[?25h") }
    writeAll(bytes, to: output)
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func append(_ color: CellColor, kind: Int) {
    switch color {
    case .standard: break
    case .indexed(let index): append(";\(kind);5;\(index)")
    case .rgb(let red, let green, let blue): append(";\(kind);2;\(red);\(green);\(blue)")
    }
  }

  private func write(_ text: String) { writeAll(Array(text.utf8), to: output) }
}

extension Cell {
  /// Needs colours that ncurses does not have.
  fileprivate var isDirect: Bool { style.foreground.isDirect || style.background.isDirect }
}

extension CellColor {
  fileprivate var isDirect: Bool { if case .rgb = self { true } else { false } }

  fileprivate var paletteNumber: Int32 { if case .indexed(let index) = self { Int32(index) } else { -1 } }
}

/// Writes everything, or what can be written before the terminal is gone.
private func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
  bytes.withUnsafeBytes { buffer in
    var rest = buffer[...]
    while let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
      let written = Glibc.write(descriptor, start, rest.count)
      if written > 0 {
        rest = rest.dropFirst(written)
      } else if written < 0, errno == EAGAIN {
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        if poll(&ready, 1, 1000) <= 0 { return }
      } else if errno != EINTR {
        return
      }
    }
  }
}
