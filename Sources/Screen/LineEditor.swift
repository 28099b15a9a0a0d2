// SPDX-License-Identifier: Apache-2.0

/// The line being typed: graphemes and a cursor between them.
package struct LineEditor: Equatable, Sendable {
  /// At most `capacity` graphemes.
  package private(set) var characters: [Character] = []
  /// Graphemes before the cursor.
  package private(set) var cursor = 0
  private var cutText = ""

  /// The most graphemes a line holds; more of a paste is left out.
  package static let capacity = 16_384

  /// The cursor stands at the end; what is beyond `capacity` is left out.
  package init(_ text: String = "") {
    replace(with: text)
  }

  /// All of the line.
  package var text: String { String(characters) }
  /// True without a grapheme.
  package var isEmpty: Bool { characters.isEmpty }
  var textBeforeCursor: String { String(characters[..<cursor]) }

  /// Puts a text at the cursor, which may join the grapheme before it. Returns false when it did not fit whole.
  @discardableResult
  package mutating func insert(_ text: String) -> Bool {
    let room = LineEditor.capacity - characters.count
    let taken = text.count <= room ? text : String(text.prefix(max(0, room)))
    let before = String(characters[..<cursor]) + taken
    let whole = before + String(characters[cursor...])
    characters = Array(whole)
    cursor = 0
    var bytes = 0
    while bytes < before.utf8.count, cursor < characters.count {
      bytes += characters[cursor].utf8.count
      cursor += 1
    }
    return taken.count == text.count
  }

  /// Another text, with the cursor at its end.
  package mutating func replace(with text: String) {
    characters = Array(text.prefix(LineEditor.capacity))
    cursor = characters.count
  }

  /// Removes all text; the text that was cut stays.
  package mutating func clear() {
    characters = []
    cursor = 0
  }

  /// One grapheme back; nothing at the start.
  package mutating func moveLeft() { cursor = max(0, cursor - 1) }
  /// One grapheme on; nothing at the end.
  package mutating func moveRight() { cursor = min(characters.count, cursor + 1) }
  /// Before the first grapheme.
  package mutating func moveToStart() { cursor = 0 }
  /// After the last grapheme.
  package mutating func moveToEnd() { cursor = characters.count }
  /// To a count of graphemes before the cursor; others are clamped.
  package mutating func move(to position: Int) { cursor = min(characters.count, max(0, position)) }
  /// To the start of the word before the cursor.
  package mutating func moveWordLeft() { cursor = wordStart }
  /// To the end of the word after the cursor.
  package mutating func moveWordRight() { cursor = wordEnd }

  /// Removes the grapheme before the cursor; `insertCutText` does not bring it back.
  package mutating func deleteBackward() {
    guard cursor > 0 else { return }
    characters.remove(at: cursor - 1)
    cursor -= 1
  }

  /// Removes the grapheme after the cursor; `insertCutText` does not bring it back.
  package mutating func deleteForward() {
    guard cursor < characters.count else { return }
    characters.remove(at: cursor)
  }

  /// From the cursor to the end.
  package mutating func cutToEnd() { cut(cursor..<characters.count) }
  /// From the start to the cursor.
  package mutating func cutToStart() { cut(0..<cursor) }
  mutating func cutWordRight() { cut(cursor..<wordEnd) }
  /// From the start of the word before the cursor to the cursor.
  package mutating func cutWordLeft() { cut(wordStart..<cursor) }

  /// Back to the space before the last word, whatever it is made of.
  package mutating func cutBlankDelimitedWordLeft() {
    var start = cursor
    while start > 0, characters[start - 1].isWhitespace { start -= 1 }
    while start > 0, !characters[start - 1].isWhitespace { start -= 1 }
    cut(start..<cursor)
  }

  /// Puts back what was cut last.
  package mutating func insertCutText() { insert(cutText) }

  private mutating func cut(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    cutText = String(characters[range])
    characters.removeSubrange(range)
    cursor = range.lowerBound
  }

  private var wordStart: Int {
    var position = cursor
    while position > 0, !isWord(characters[position - 1]) { position -= 1 }
    while position > 0, isWord(characters[position - 1]) { position -= 1 }
    return position
  }

  private var wordEnd: Int {
    var position = cursor
    while position < characters.count, !isWord(characters[position]) { position += 1 }
    while position < characters.count, isWord(characters[position]) { position += 1 }
    return position
  }

  private func isWord(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || character == "_"
  }
}

/// Lines sent before, and the one that was being typed when looking through them began.
package struct InputHistory: Equatable, Sendable {
  private var lines: [String] = []
  /// Index into `lines` while looking; nil at the line being typed.
  private var position: Int?
  private var draft = ""
  private static let capacity = 500

  /// No lines.
  package init() {}

  /// Appends a line and ends looking through them. An empty line, or the last one again, is not added.
  package mutating func add(_ line: String) {
    position = nil
    draft = ""
    guard !line.isEmpty, line != lines.last else { return }
    lines.append(line)
    if lines.count > InputHistory.capacity { lines.removeFirst() }
  }

  /// The line before; nil at the first. What is being typed is kept.
  package mutating func previous(current: String) -> String? {
    let next = (position ?? lines.count) - 1
    guard next >= 0 else { return nil }
    if position == nil { draft = current }
    position = next
    return lines[next]
  }

  /// The line after, at last the one that was being typed; nil when there is none.
  package mutating func next() -> String? {
    guard let current = position else { return nil }
    guard current + 1 < lines.count else {
      position = nil
      return draft
    }
    position = current + 1
    return lines[current + 1]
  }
}

/// How the line being typed lies on rows of the screen.
package struct InputLayout: Equatable, Sendable {
  /// Graphemes of each row, as a range of the editor's.
  package var rows: [Range<Int>] = []
  /// Index into `rows`.
  package var cursorRow = 0
  /// Columns before the cursor in its row.
  package var cursorColumn = 0

  /// Rows break at the width and at line ends; a cursor after a full row stands at the start of the next.
  package init(_ editor: LineEditor, width: Int) {
    let width = max(1, width)
    var start = 0
    var column = 0
    for (index, character) in editor.characters.enumerated() {
      let glyphWidth = displayWidth(of: character)
      if column + glyphWidth > width, index > start {
        rows.append(start..<index)
        (start, column) = (index, 0)
      }
      if index == editor.cursor { (cursorRow, cursorColumn) = (rows.count, column) }
      column += glyphWidth
      if character.isNewline {
        rows.append(start..<index)
        (start, column) = (index + 1, 0)
      }
    }
    rows.append(start..<editor.characters.count)
    if editor.cursor == editor.characters.count {
      if column >= width {
        rows.append(editor.characters.count..<editor.characters.count)
        column = 0
      }
      (cursorRow, cursorColumn) = (rows.count - 1, column)
    }
  }

  /// The cursor position one row up or down, as near to the column as can be; nil past the first or last row.
  package func cursor(rowsAway: Int, in editor: LineEditor) -> Int? {
    let target = cursorRow + rowsAway
    guard rows.indices.contains(target) else { return nil }
    var column = 0
    for index in rows[target] {
      if column >= cursorColumn { return index }
      column += displayWidth(of: editor.characters[index])
    }
    return rows[target].upperBound
  }
}
