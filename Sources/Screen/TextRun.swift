// SPDX-License-Identifier: Apache-2.0

/// A stretch of text in one style.
struct TextRun: Equatable, Sendable {
  var text: String
  var style: CellStyle

  init(_ text: String, _ style: CellStyle = .plain) {
    self.text = text
    self.style = style
  }
}

extension CellGrid {
  /// Writes runs behind each other, at most `limit` columns of them, and returns the column after them.
  @discardableResult
  mutating func write(_ runs: [TextRun], column: Int, row: Int, limit: Int = .max) -> Int {
    var position = column
    for run in runs {
      let left = limit == .max ? .max : column + limit - position
      position = write(run.text, column: position, row: row, limit: left, style: run.style)
    }
    return position
  }
}
