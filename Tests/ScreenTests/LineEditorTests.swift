// SPDX-License-Identifier: Apache-2.0

import Screen
import Testing

@Suite struct LineEditorTests {
  @Test("text goes in at the cursor")
  func insertion() {
    var editor = LineEditor("held")
    editor.moveLeft()
    editor.insert("lo worl")
    #expect(editor.text == "hello world")
    #expect(editor.cursor == 10)
  }

  @Test("keys that arrive as parts of one grapheme become one grapheme")
  func joining() {
    var editor = LineEditor()
    editor.insert("e")
    editor.insert("\u{301}")
    #expect(editor.cursor == 1)
    editor.insert("👩")
    editor.insert("\u{200D}")
    editor.insert("💻")
    #expect(editor.cursor == 2)
    editor.deleteBackward()
    #expect(editor.text == "e\u{301}")
  }

  @Test("Backspace and Delete take whole graphemes")
  func deletion() {
    var editor = LineEditor("a👩\u{200D}👩\u{200D}👧b")
    editor.moveLeft()
    editor.deleteBackward()
    #expect(editor.text == "ab")
    editor.moveToStart()
    editor.deleteForward()
    #expect(editor.text == "b")
    editor.moveToEnd()
    editor.deleteForward()
    #expect(editor.text == "b")
  }

  @Test("the cursor stops at both ends")
  func ends() {
    var editor = LineEditor("ab")
    editor.moveRight()
    #expect(editor.cursor == 2)
    editor.moveToStart()
    editor.moveLeft()
    editor.deleteBackward()
    #expect(editor.cursor == 0)
    #expect(editor.text == "ab")
  }

  @Test("words are letters, digits and underscores")
  func words() {
    var editor = LineEditor("what came_1 first?")
    editor.moveWordLeft()
    #expect(editor.cursor == 12)
    editor.moveWordLeft()
    #expect(editor.cursor == 5)
    editor.moveWordRight()
    #expect(editor.cursor == 11)
    editor.moveToEnd()
    editor.moveWordRight()
    #expect(editor.cursor == 18)
  }

  @Test("what is cut can be put back")
  func cutting() {
    var editor = LineEditor("one two three")
    editor.cutBlankDelimitedWordLeft()
    #expect(editor.text == "one two ")
    editor.moveToStart()
    editor.insertCutText()
    #expect(editor.text == "threeone two ")
    editor.cutToEnd()
    #expect(editor.text == "three")
    editor.cutToStart()
    #expect(editor.isEmpty)
    editor.insertCutText()
    #expect(editor.text == "three")
  }

  @Test("Ctrl-W cuts to the space, Alt-Backspace only the word")
  func twoKindsOfWords() {
    var editor = LineEditor("/save talk/one.txt")
    editor.cutWordLeft()
    #expect(editor.text == "/save talk/one.")
    editor.cutBlankDelimitedWordLeft()
    #expect(editor.text == "/save ")
  }

  @Test("a line has an end, and says when something did not fit")
  func capacity() {
    var editor = LineEditor()
    let isWhole = editor.insert(String(repeating: "x", count: LineEditor.capacity + 1))
    #expect(!isWhole)
    #expect(editor.characters.count == LineEditor.capacity)
    let hasCapacity = editor.insert("y")
    #expect(!hasCapacity)
    #expect(editor.characters.count == LineEditor.capacity)
  }
}

@Suite struct InputHistoryTests {
  @Test("going back and forth keeps the line that was being typed")
  func draft() {
    var history = InputHistory()
    history.add("first")
    history.add("second")
    #expect(history.previous(current: "dra") == "second")
    #expect(history.previous(current: "second") == "first")
    #expect(history.previous(current: "first") == nil)
    #expect(history.next() == "second")
    #expect(history.next() == "dra")
    #expect(history.next() == nil)
  }

  @Test("a line sent twice in a row is kept once")
  func repeats() {
    var history = InputHistory()
    history.add("same")
    history.add("same")
    #expect(history.previous(current: "") == "same")
    #expect(history.previous(current: "same") == nil)
  }

  @Test("sending ends the look back")
  func sendingResets() {
    var history = InputHistory()
    history.add("one")
    _ = history.previous(current: "draft")
    history.add("two")
    #expect(history.next() == nil)
    #expect(history.previous(current: "") == "two")
  }
}

@Suite struct InputLayoutTests {
  @Test("a long line goes on in the next row, wide characters whole")
  func rows() {
    let layout = InputLayout(LineEditor("abc漢d"), width: 4)
    #expect(layout.rows == [0..<3, 3..<5])
    #expect(layout.cursorRow == 1)
    #expect(layout.cursorColumn == 3)
  }

  @Test("line ends begin rows")
  func lineEnds() {
    let layout = InputLayout(LineEditor("ab\n\nc"), width: 10)
    #expect(layout.rows == [0..<2, 3..<3, 4..<5])
  }

  @Test("after a full row the cursor stands on the next")
  func fullRow() {
    let layout = InputLayout(LineEditor("abcd"), width: 4)
    #expect(layout.rows.count == 2)
    #expect(layout.cursorRow == 1)
    #expect(layout.cursorColumn == 0)
  }

  @Test("up and down keep the column where they can")
  func vertical() {
    let editor = LineEditor("abcdef\nxy\nmnopq")
    let layout = InputLayout(editor, width: 20)
    #expect(layout.cursor(rowsAway: -1, in: editor) == 9)
    #expect(layout.cursor(rowsAway: 1, in: editor) == nil)
    #expect(layout.cursor(rowsAway: -2, in: editor) == 5)
  }

  @Test("an empty line is one row")
  func empty() {
    #expect(InputLayout(LineEditor(), width: 4).rows == [0..<0])
  }
}
