// SPDX-License-Identifier: Apache-2.0

import Screen
import Testing

@Suite struct LineKeysTests {
  @Test("a paste keeps its lines and loses what is not text")
  func paste() {
    var screen = TestScreen()
    #expect(screen.send(.paste("one\r\ntwo\u{1B}\u{03}\tx\n\n")) == [])
    #expect(screen.state.editor.text == "one\ntwo    x")
  }

  @Test("Alt-Enter makes a new line instead of sending")
  func newLine() {
    var screen = TestScreen()
    screen.type("a")
    #expect(screen.press(.newLine) == [])
    screen.type("b")
    #expect(screen.press(.enter) == [.send(.ask("a\nb"))])
  }

  @Test("up and down go through what was sent, and back to the draft")
  func history() {
    var screen = TestScreen()
    screen.enter("one")
    screen.enter("two")
    screen.type("draft")
    screen.press(.up)
    #expect(screen.state.editor.text == "two")
    screen.press(.up, .up)
    #expect(screen.state.editor.text == "one")
    screen.press(.down, .down)
    #expect(screen.state.editor.text == "draft")
  }

  @Test("in a line of several rows up and down move within it first")
  func rowsFirst() {
    var screen = TestScreen()
    screen.enter("sent")
    screen.send(.paste("first\nsecond"))
    screen.press(.up)
    #expect(screen.state.editor.text == "first\nsecond")
    #expect(screen.state.editor.cursor == 5)
    screen.press(.up)
    #expect(screen.state.editor.text == "sent")
  }

  @Test(
    "the shell's keys work",
    arguments: [
      ([Key.control("a"), .text("x")], "xone two"), ([.control("e"), .text("x")], "one twox"),
      ([.alt("b"), .control("k")], "one "), ([.alt("b"), .control("u")], "two"), ([.control("w")], "one "),
      ([.home, .alt("f"), .text("x")], "onex two"), ([.home, .alt("d")], " two"),
      ([.altBackspace, .control("a"), .control("y")], "twoone "), ([.left, .backspace], "one to"),
      ([.left, .delete], "one tw"), ([.control("b"), .control("h")], "one to"),
      ([.wordLeft, .text("x")], "one xtwo"), ([.home, .wordRight, .right, .text("x")], "one xtwo"),
    ] as [([Key], String)])
  func editing(keys: [Key], text: String) {
    var screen = TestScreen()
    screen.type("one two")
    for key in keys { screen.press(key) }
    #expect(screen.state.editor.text == text)
  }

  @Test("Ctrl-L draws again and Ctrl-Z suspends")
  func terminalKeys() {
    var screen = TestScreen()
    #expect(screen.press(.control("l")) == [.repaint])
    #expect(screen.press(.control("z")) == [.suspend])
  }
}
