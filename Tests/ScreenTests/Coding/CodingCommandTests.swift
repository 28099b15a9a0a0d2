// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Screen
import SessionInterface
import Testing

@Suite struct CodingCommandTests {
  private let sum = CodeTask(
    statement: "Print the sum.", examples: [CodeExample(input: "1 2\n", output: "3\n")])

  private func afterWork(_ events: [CodeEvent]) -> TestScreen {
    var screen = TestScreen(130, 40)
    screen.tell(.ready(.chat))
    screen.tell(events)
    return screen
  }

  @Test("a task typed on the line is sent, and the pane opens")
  func typed() {
    var screen = afterWork([])
    #expect(screen.enter("/code Print the sum. Input: 1 2 Output: 3") == [.send(.code(sum))])
    #expect(screen.state.editor.isEmpty)
    #expect(screen.text.contains("waiting to begin"))
  }

  @Test("a task pasted over several lines keeps them")
  func pasted() {
    var screen = afterWork([])
    screen.type("/code c ")
    screen.send(.paste("Print the sum.\r\nInput:\r\n1\r\n2\r\nOutput:\r\n3\r\n"))
    let task = CodeTask(
      statement: "Print the sum.", language: .c, examples: [CodeExample(input: "1\n2\n", output: "3\n")])
    #expect(screen.press(.enter) == [.send(.code(task))])
  }

  @Test("a task comes from a file, with the language said before it")
  func file() {
    var screen = afterWork([])
    let line = "/code swift @~/task.txt"
    #expect(screen.enter(line) == [.readTask(path: "/home/me/task.txt", language: .swift, line: line)])
    let effects = screen.send(
      .taskRead(line: line, language: .swift, contents: .text("Print the sum.\nInput:\n1 2\nOutput:\n3\n")))
    var task = sum
    task.language = .swift
    #expect(effects == [.send(.code(task))])
    #expect(screen.state.editor.isEmpty)
  }

  @Test("a file that cannot be read leaves the line and says why")
  func unreadable() {
    var screen = afterWork([])
    let line = "/code @none.txt"
    screen.enter(line)
    let contents = FileContents.unreadable("none.txt: No such file or directory")
    #expect(screen.send(.taskRead(line: line, language: nil, contents: contents)) == [])
    #expect(screen.rows.last?.contains("none.txt: No such file") == true)
    #expect(screen.state.editor.text == line)
  }

  @Test(
    "a line that is no task says why",
    arguments: [
      ("/code @", "needs the name of a file"), ("/code c:", "the task is empty"),
      ("/code --language rust Print a.", "rust is no language"), ("/code {\"task\":", "not valid JSON"),
    ])
  func noTask(line: String, why: String) {
    var screen = afterWork([])
    #expect(screen.enter(line) == [])
    #expect(screen.rows.last?.contains(why) == true)
    #expect(screen.state.editor.text == line)
  }

  @Test("/code alone opens the pane with what can be typed, and closes it")
  func openAndClose() {
    var screen = afterWork([])
    #expect(screen.enter("/code") == [])
    #expect(screen.text.contains("/code @task.txt"))
    screen.enter("/code")
    #expect(ScreenLayout(screen.state)?.codingPane == nil)
  }

  @Test(
    "commands about a program become what the session understands",
    arguments: [
      ("/retry", SessionCommand.retryCode), ("/share", .shareProgram),
      ("/save-code out/sum.py", .saveProgram(path: "out/sum.py")),
      ("/save-code ~/sum.py", .saveProgram(path: "/home/me/sum.py")),
    ])
  func commands(line: String, command: SessionCommand) {
    var screen = afterWork(CodeEventScript.whole)
    #expect(screen.enter(line) == [.send(command)])
  }

  @Test("work under way can be stopped, and its program accepted")
  func underWay() {
    var screen = afterWork(CodeEventScript.beginning + CodeEventScript.failing)
    #expect(screen.enter("/accept") == [.send(.acceptCode)])
    #expect(screen.enter("/stop") == [.send(.cancelCode)])
    #expect(screen.text.contains("stopping"))
  }

  @Test(
    "what makes no sense now is said and not sent",
    arguments: [
      ("/stop", "no program is being worked on"), ("/retry", "there is no task yet"),
      ("/accept", "there is no program yet"),
      ("/share", "there is no program yet"), ("/save-code a.py", "there is no program yet"),
    ])
  func tooEarly(line: String, why: String) {
    var screen = afterWork([])
    #expect(screen.enter(line) == [])
    #expect(screen.rows.last?.contains(why) == true)
  }

  @Test("when work cannot begin the pane says why instead of waiting")
  func neverBegins() {
    var screen = afterWork([])
    screen.enter("/code Print a.")
    screen.tell(.failure(code: "unsupported", message: "no model that writes programs is loaded"))
    #expect(!screen.state.coding.isUnderWay)
    #expect(screen.text.contains("× no model that writes"))
  }

  @Test("Tab completes the name of a task's file")
  func completion() {
    var screen = afterWork([])
    screen.type("/code c @ta")
    #expect(screen.press(.tab) == [.listPaths(prefix: "ta")])
    screen.send(.pathsListed(prefix: "ta", paths: ["task.txt"]))
    #expect(screen.state.editor.text == "/code c @task.txt")
  }
}
