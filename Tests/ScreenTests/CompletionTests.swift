// SPDX-License-Identifier: Apache-2.0

import Screen
import Testing

@Suite struct CompletionTests {
  @Test("Tab completes a command, with a space where something follows")
  func commands() {
    var screen = TestScreen()
    screen.type("/he")
    screen.press(.tab)
    #expect(screen.state.editor.text == "/help")
    screen.state.editor.replace(with: "/bu")
    screen.press(.tab)
    #expect(screen.state.editor.text == "/budget ")
  }

  @Test("Tab names the candidates where there are several")
  func several() {
    var screen = TestScreen()
    screen.type("/p")
    screen.press(.tab)
    #expect(screen.state.editor.text == "/p")
    #expect(screen.rows.last?.contains("/pause  /policy") == true)
  }

  @Test("Tab completes policies")
  func policies() {
    var screen = TestScreen()
    screen.type("/policy sl")
    screen.press(.tab)
    #expect(screen.state.editor.text == "/policy sliding-window")
  }

  @Test("Tab completes paths for /save as far as they agree")
  func paths() {
    var screen = TestScreen()
    screen.type("/save out/ta")
    #expect(screen.press(.tab) == [.listPaths(prefix: "out/ta")])
    screen.send(.pathsListed(prefix: "out/ta", paths: ["out/talk-1.txt", "out/talk-2.txt"]))
    #expect(screen.state.editor.text == "/save out/talk-")
    #expect(screen.rows.last?.contains("out/talk-1.txt  out/talk-2.txt") == true)
  }

  @Test("an answer about paths that comes too late changes nothing")
  func late() {
    var screen = TestScreen()
    screen.type("something else")
    screen.send(.pathsListed(prefix: "out/", paths: ["out/a"]))
    #expect(screen.state.editor.text == "something else")
  }

  @Test("Tab does nothing to a question")
  func text() {
    var screen = TestScreen()
    screen.type("what")
    #expect(screen.press(.tab) == [])
    #expect(screen.state.editor.text == "what")
  }
}
