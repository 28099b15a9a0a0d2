// SPDX-License-Identifier: Apache-2.0

import Screen
import SessionInterface
import Testing

@Suite struct LeavingTests {
  @Test("Ctrl-C without an answer asks first, a second one within two seconds leaves")
  func twice() {
    var screen = TestScreen()
    #expect(screen.press(.control("c")) == [])
    #expect(screen.text.contains("press Ctrl-C again to quit"))
    screen.now += 1.9
    #expect(screen.press(.control("c")) == [.send(.quit), .exit(.interrupted)])
  }

  @Test("after two seconds it asks again")
  func tooLate() {
    var screen = TestScreen()
    screen.press(.control("c"))
    screen.now += 2
    #expect(screen.press(.control("c")) == [])
    screen.now += 1
    #expect(screen.press(.control("c")) == [.send(.quit), .exit(.interrupted)])
  }

  @Test("any other key in between means staying")
  func disarmed() {
    var screen = TestScreen()
    screen.press(.control("c"))
    screen.type("x")
    #expect(screen.press(.control("c")) == [])
  }

  @Test("during an answer Ctrl-C stops the answer and does not count towards leaving")
  func stopsAnswerFirst() {
    var screen = TestScreen()
    screen.enter("What?")
    screen.tell(.answerStarted(question: "What?"), .answerPiece("A"))
    #expect(screen.press(.control("c")) == [.send(.cancelAnswer)])
    screen.tell(.answerFinished(.of("A", stop: .cancelled)))
    #expect(screen.press(.control("c")) == [])
    #expect(screen.press(.control("c")) == [.send(.quit), .exit(.interrupted)])
  }

  @Test("a model that does not stop cannot keep anybody")
  func stuckModel() {
    var screen = TestScreen()
    screen.enter("What?")
    #expect(screen.press(.control("c")) == [.send(.cancelAnswer)])
    #expect(screen.press(.control("c")) == [])
    #expect(screen.press(.control("c")) == [.send(.quit), .exit(.interrupted)])
  }

  @Test("Escape stops an answer once, and never leaves")
  func escape() {
    var screen = TestScreen()
    #expect(screen.press(.escape) == [])
    screen.enter("What?")
    #expect(screen.press(.escape) == [.send(.cancelAnswer)])
    #expect(screen.press(.escape) == [])
  }

  @Test("Ctrl-D leaves on an empty line and deletes on others")
  func controlD() {
    var screen = TestScreen()
    screen.type("ab")
    screen.press(.control("a"))
    #expect(screen.press(.control("d")) == [])
    #expect(screen.state.editor.text == "b")
    screen.press(.delete)
    #expect(screen.press(.control("d")) == [.send(.quit), .exit(.quit)])
  }

  @Test("Ctrl-C clears what was being typed")
  func clearsLine() {
    var screen = TestScreen()
    screen.type("half a thought")
    screen.press(.control("c"))
    #expect(screen.state.editor.isEmpty)
  }
}
