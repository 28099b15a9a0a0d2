// SPDX-License-Identifier: Apache-2.0

import Screen
import SessionInterface
import Testing

@Suite struct CodingKeyTests {
  private func screen(_ events: [CodeEvent], _ columns: Int = 130, _ rows: Int = 40) -> TestScreen {
    var screen = TestScreen(columns, rows)
    screen.tell(.ready(.clip))
    screen.tell(events)
    return screen
  }

  @Test("Tab goes to the pane, where the last row names its keys, and back")
  func focus() {
    var screen = screen(CodeEventScript.whole)
    #expect(screen.rows.last?.contains("Tab code") == true)
    screen.press(.tab)
    #expect(screen.rows.last?.contains("Tab back   r retry   s save   c copy to conversation") == true)
    #expect(screen.grid.cursor == nil)
    screen.press(.tab)
    #expect(screen.grid.cursor != nil)
  }

  @Test("keys of the pane", arguments: [("r", SessionCommand.retryCode), ("c", .shareProgram)])
  func keys(key: String, command: SessionCommand) {
    var screen = screen(CodeEventScript.whole)
    #expect(screen.press(.tab, .text(key)) == [.send(command)])
    #expect(screen.state.editor.isEmpty)
  }

  @Test("keys of the pane while work is under way", arguments: [("a", SessionCommand.acceptCode), ("x", .cancelCode)])
  func keysUnderWay(key: String, command: SessionCommand) {
    var screen = screen(CodeEventScript.beginning + CodeEventScript.failing)
    #expect(screen.press(.tab, .text(key)) == [.send(command)])
  }

  @Test("s goes back to the line and asks for the file's name there")
  func save() {
    var screen = screen(CodeEventScript.whole)
    screen.press(.tab, .text("s"))
    screen.type("sum.py")
    #expect(screen.press(.enter) == [.send(.saveProgram(path: "sum.py"))])
  }

  @Test("without the pane's focus letters are text")
  func text() {
    var screen = screen(CodeEventScript.whole)
    #expect(screen.type("r") == [])
    #expect(screen.state.editor.text == "r")
  }

  @Test("Esc and Ctrl-C stop the answer first, then the work", arguments: [Key.escape, .control("c")])
  func interrupt(key: Key) {
    var screen = screen(CodeEventScript.beginning)
    screen.enter("What came first?")
    screen.tell(.answerStarted(question: "What came first?"))
    #expect(screen.press(key) == [.send(.cancelAnswer)])
    screen.tell(.answerFinished(.of("A red", stop: .cancelled)))
    #expect(screen.press(key) == [.send(.cancelCode)])
  }

  @Test("Ctrl-C leaves when the stop of the work was already asked for")
  func leaving() {
    var screen = screen(CodeEventScript.beginning)
    #expect(
      screen.press(.control("c"), .control("c"), .control("c")) == [
        .send(.cancelCode), .send(.quit), .exit(.interrupted),
      ])
  }

  @Test(
    "on a narrow screen the pane takes the conversation's place, and Tab switches",
    arguments: [
      (60, 20), (80, 24), (70, 45),
    ])
  func narrow(columns: Int, rows: Int) throws {
    var screen = screen([], columns, rows)
    screen.talk("What came first?", "A red circle.")
    screen.enter("/code Print the sum.")
    screen.tell(CodeEventScript.beginning + CodeEventScript.writing)
    #expect(screen.text.contains("a, b = map") && !screen.text.contains("A red circle."))
    screen.press(.tab)
    #expect(!screen.text.contains("a, b = map") && screen.text.contains("A red circle."))
    screen.tell([.finished(CodeEventScript.outcome)])
    #expect(screen.rows.last?.contains("passed 2 of 2 examples") == true)
  }

  @Test("q closes the pane, and what is pasted goes to the line")
  func closing() {
    var screen = screen(CodeEventScript.whole)
    screen.press(.tab)
    screen.send(.paste("a question"))
    #expect(screen.state.editor.text == "a question")
    screen.press(.tab, .text("q"))
    #expect(!screen.text.contains("passed 2 of 2"))
  }
}
