// SPDX-License-Identifier: Apache-2.0

import Screen
import Testing

@Suite struct ScrollingTests {
  private func filled() -> TestScreen {
    var screen = TestScreen(100, 30)
    screen.tell(.ready(.clip))
    for number in 0..<40 { screen.talk("question \(number)", "answer \(number)") }
    return screen
  }

  @Test("the end is in view until somebody scrolls")
  func tail() {
    var screen = filled()
    #expect(screen.text.contains("answer 39"))
    screen.talk("question 40", "answer 40")
    #expect(screen.text.contains("answer 40"))
    #expect(!screen.text.contains("more below"))
  }

  @Test("scrolled up, new answers do not move what is read, and a mark says that there is more")
  func staysPut() {
    var screen = filled()
    screen.press(.pageUp)
    let before = screen.rows.dropLast(5)
    screen.tell(.answerStarted(question: "q"), .answerPiece("fresh\nwords\nover\nlines"))
    #expect(screen.rows.dropLast(5) == before)
    #expect(screen.text.contains("↓ more below"))
    #expect(!screen.text.contains("fresh"))
  }

  @Test("page down comes back to the end and follows it again")
  func backToTail() {
    var screen = filled()
    screen.press(.pageUp, .pageUp)
    screen.press(.pageDown, .pageDown, .pageDown)
    #expect(screen.state.scroll == .tail)
    screen.tell(.note("the newest"))
    #expect(screen.text.contains("the newest"))
  }

  @Test("Home and End go to the ends when the line is empty, else they move in the line")
  func homeAndEnd() {
    var screen = filled()
    screen.press(.home)
    #expect(screen.text.contains("question 0"))
    screen.press(.end)
    #expect(screen.text.contains("answer 39"))
    screen.type("abc")
    screen.press(.home)
    #expect(screen.state.editor.cursor == 0)
    #expect(screen.state.scroll == .tail)
  }

  @Test("a page leaves two lines in view, a line key moves by three")
  func amounts() {
    var screen = filled()
    let before = screen.rows[2]
    screen.press(.lineUp)
    #expect(screen.rows[5].hasSuffix(String(before.suffix(12))))
  }

  @Test("scrolling up from a short conversation stays at the end")
  func short() {
    var screen = TestScreen()
    screen.talk("q", "a")
    screen.press(.pageUp)
    #expect(screen.state.scroll == .tail)
  }

  @Test("sending goes back to the end")
  func sending() {
    var screen = filled()
    screen.press(.home)
    screen.enter("now")
    #expect(screen.state.scroll == .tail)
  }

  @Test("a place in the text is kept through other sizes, and every size is drawn")
  func resizing() {
    var screen = filled()
    screen.press(.pageUp)
    for (columns, rows) in [(60, 20), (61, 47), (300, 90), (1, 1), (59, 19), (100, 30)] {
      screen.send(.resized(ScreenSize(columns: columns, rows: rows)))
      #expect(screen.rows.count == rows)
    }
    #expect(screen.state.scroll != .tail)
    screen.press(.end)
    #expect(screen.text.contains("answer 39"))
  }
}
