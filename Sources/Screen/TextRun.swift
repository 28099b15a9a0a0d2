// SPDX-License-Identifier: Apache-2.0

import CodeTasks

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

/// A line in lines of at most `columns`, broken wherever that is reached: the spaces of a program mean something.
func broken(_ runs: [TextRun], columns: Int) -> [[TextRun]] {
  let columns = max(1, columns)
  var lines: [[TextRun]] = [[]]
  var width = 0
  for run in runs {
    var text = ""
    for character in run.text {
      let characterWidth = displayWidth(of: character)
      if width + characterWidth > columns, width > 0 {
        if !text.isEmpty { lines[lines.count - 1].append(TextRun(text, run.style)) }
        lines.append([])
        (text, width) = ("", 0)
      }
      text.append(character)
      width += characterWidth
    }
    if !text.isEmpty { lines[lines.count - 1].append(TextRun(text, run.style)) }
  }
  return lines
}

/// A program in its colours, on lines of at most `columns` columns.
func programRuns(_ text: String, language: ProgramLanguage, columns: Int, theme: Theme) -> [[TextRun]] {
  syntaxRuns(programLines(text), language: language).flatMap { line in
    broken(line.map { TextRun($0.text, theme.style(of: $0.kind)) }, columns: columns)
  }
}
