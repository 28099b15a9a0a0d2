/// A text in one style, part of a line.
package struct StyledText: Equatable, Sendable {
  package var text: String
  package var style: CellStyle

  package init(_ text: String, _ style: CellStyle = .plain) {
    self.text = text
    self.style = style
  }
}

/// One line of several styles.
package typealias StyledLine = [StyledText]

/// The line broken wherever it is full: a program's spaces mean something, so nothing is left out.
package func broken(_ line: StyledLine, columns: Int) -> [StyledLine] {
  let columns = max(1, columns)
  var lines: [StyledLine] = [[]]
  var width = 0
  for part in line {
    var text = ""
    for character in part.text {
      let glyphWidth = displayWidth(of: character)
      if width + glyphWidth > columns, width > 0 {
        if !text.isEmpty { lines[lines.count - 1].append(StyledText(text, part.style)) }
        lines.append([])
        (text, width) = ("", 0)
      }
      text.append(character)
      width += glyphWidth
    }
    if !text.isEmpty { lines[lines.count - 1].append(StyledText(text, part.style)) }
  }
  return lines
}

extension CellGrid {
  /// Writes the parts one after another, at most `limit` columns of them.
  package mutating func write(_ line: StyledLine, column: Int, row: Int, limit: Int) {
    var position = column
    for part in line {
      position = write(part.text, column: position, row: row, limit: column + limit - position, style: part.style)
    }
  }
}
