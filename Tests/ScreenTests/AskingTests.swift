// SPDX-License-Identifier: Apache-2.0

import Screen
import SessionInterface
import Testing

@Suite struct AskingTests {
  @Test("Enter sends the line, shows it as a question and empties the line")
  func asking() {
    var screen = TestScreen()
    screen.type("What came first?")
    #expect(screen.press(.enter) == [.send(.ask("What came first?"))])
    #expect(screen.state.editor.isEmpty)
    #expect(screen.state.conversation.entries.map(\.kind) == [.question(isWaiting: true)])
    #expect(screen.state.isAnswering)
  }

  @Test("an empty line sends nothing")
  func emptyLine() {
    var screen = TestScreen()
    #expect(screen.enter("   ") == [])
    #expect(screen.state.editor.isEmpty)
  }

  @Test("an answer grows piece by piece and ends with its figures")
  func streaming() {
    var screen = TestScreen()
    screen.enter("What?")
    screen.tell(.answerStarted(question: "What?"), .answerPiece("A cat"), .answerPiece(" sits."))
    #expect(screen.text.contains("A cat sits.▍"))
    screen.tell(.answerFinished(.of("A cat sits.")))
    #expect(!screen.state.isAnswering)
    #expect(screen.text.contains("0.42 s · 12 tokens"))
    #expect(!screen.text.contains("▍"))
  }

  @Test("a question asked during an answer waits below it and is answered in its place")
  func waiting() {
    var screen = TestScreen()
    screen.enter("one")
    screen.tell(.answerStarted(question: "one"), .answerPiece("first"))
    screen.enter("two")
    #expect(screen.text.contains("waits for the answer above"))
    screen.tell(.answerFinished(.of("first")), .answerStarted(question: "two"), .answerFinished(.of("second")))
    #expect(screen.state.conversation.entries.map(\.text) == ["one", "first", "two", "second"])
  }

  @Test("a question that somebody else asked is shown too")
  func foreignQuestion() {
    var screen = TestScreen()
    screen.tell(.answerStarted(question: "asked elsewhere"), .answerPiece("yes"))
    #expect(screen.state.conversation.entries.map(\.text) == ["asked elsewhere", "yes"])
  }

  @Test("a failed answer is over, and says why")
  func failure() {
    var screen = TestScreen()
    screen.enter("What?")
    screen.press(.escape)
    screen.tell(
      .answerStarted(question: "What?"),
      .answerFailed(code: "budget_too_small", message: "The least that works is 143."))
    #expect(!screen.state.isCancelling)
    #expect(!screen.state.isAnswering)
    #expect(screen.text.contains("× The least that works is 143."))
  }

  @Test("a failure of something else does not end the answer under way")
  func foreignFailure() {
    var screen = TestScreen()
    screen.enter("What?")
    screen.tell(
      .answerStarted(question: "What?"), .answerPiece("A cat"),
      .failure(code: "unsupported", message: "no"), .statistics(.midway), .answerPiece(" sits."))
    #expect(screen.text.contains("A cat sits."))
    #expect(screen.state.isAnswering)
  }

  @Test("white space at the start of an answer is not shown")
  func leadingSpace() {
    var screen = TestScreen()
    screen.enter("What?")
    screen.tell(.answerStarted(question: "What?"), .answerPiece(" \n"), .answerPiece(" A cat"))
    #expect(screen.state.conversation.entries.last?.text == "A cat")
  }

  @Test(
    "an answer that was stopped says so",
    arguments: [
      (AnswerSummary.Stop.cancelled, "stopped · 0.42 s"), (.length, "cut at the token limit · 0.42 s"),
    ])
  func stops(stop: AnswerSummary.Stop, remark: String) {
    var screen = TestScreen()
    screen.enter("What?")
    screen.tell(.answerStarted(question: "What?"), .answerFinished(.of("A", stop: stop)))
    #expect(screen.text.contains(remark))
  }

  @Test("the same warning again is counted, not repeated")
  func repeatedWarnings() {
    var screen = TestScreen()
    for _ in 0..<5 { screen.tell(.warning("late")) }
    #expect(screen.state.conversation.entries.count == 1)
    #expect(screen.text.contains("! late (×5)"))
  }

  @Test("a conversation does not grow without end")
  func capacity() {
    var screen = TestScreen()
    for number in 0..<5_000 { screen.tell(.note("note \(number)")) }
    #expect(screen.state.conversation.entries.count == Conversation.capacity)
    #expect(screen.state.conversation.entries.last?.text == "note 4999")
  }

  @Test("what others write to the error output appears as a warning")
  func errorOutput() {
    var screen = TestScreen()
    screen.send(.errorOutput("[h264] bad block\n\n  \n"))
    #expect(screen.state.conversation.entries.map(\.text) == ["[h264] bad block"])
    #expect(screen.state.conversation.entries.map(\.kind) == [.warning])
  }

  @Test("terminal sequences in an answer are shown, not obeyed")
  func hostileText() {
    var screen = TestScreen()
    screen.talk("q", "red \u{1B}[2Jalert\u{07}")
    #expect(screen.text.contains("red \u{FFFD}[2Jalert\u{FFFD}"))
  }
}
