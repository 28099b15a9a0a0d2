// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Screen
import SessionInterface
import Testing

@Suite struct CodingDrawingTests {
  /// A screen of a chat with the pane beside it, high enough for everything.
  private func screen(
    _ events: [CodeEvent], columns: Int = 130, rows: Int = 60, depth: ColorDepth = .palette256, unicode: Bool = true
  ) -> TestScreen {
    var screen = TestScreen(columns, rows, depth: depth, unicode: unicode)
    screen.tell(.ready(.chat))
    screen.tell(events)
    return screen
  }

  private func style(of text: String, in screen: TestScreen) throws -> CellStyle {
    let grid = screen.grid
    let cells = text.map { String($0) }
    for row in 0..<grid.rows {
      for column in 0..<max(0, grid.columns - cells.count)
      where cells.indices.allSatisfy({ grid[column + $0, row].text == cells[$0] }) { return grid[column, row].style }
    }
    Issue.record("\(text) is not on the screen:\n\(screen.text)")
    return .plain
  }

  @Test("the whole pane, from the task to the program that passes")
  func golden() throws {
    let screen = screen(CodeEventScript.whole, columns: 100, rows: 54, depth: .none)
    let pane = try #require(ScreenLayout(screen.state)?.codingPane)
    let rows = screen.rows[pane.row..<pane.endRow].map { row in
      var text = String(row.dropFirst(pane.column))
      while text.hasSuffix(" ") { text.removeLast() }
      return text
    }
    let drawn = rows.joined(separator: "\n")
    #expect(drawn == CodeEventScript.drawnPane, "drawn:\n\(drawn)")
  }

  @Test("the role at work turns, those that are done are ticked, those with an adapter are marked")
  func roles() {
    var screen = screen(CodeEventScript.beginning)
    #expect(screen.text.contains("✓ retriever   ✓ planner◆   ⠋ coder◆   · debugger"))
    screen.now += 0.1
    screen.send(.tick)
    #expect(screen.text.contains("⠙ coder◆"))
    #expect(screen.text.contains("the coder writes the program of plan 1"))
  }

  @Test("the time runs while work is under way, and stands when it is over")
  func time() {
    var screen = screen(CodeEventScript.beginning)
    screen.now += 75
    screen.send(.tick)
    #expect(screen.state.needsTicks)
    #expect(screen.text.contains("1:15"))
    screen.tell([.finished(CodeEventScript.outcome)])
    #expect(!screen.state.needsTicks)
    #expect(screen.text.contains("0:03"))
  }

  @Test("retrieved tasks and the algorithm take a line each")
  func retrieved() {
    let text = screen(CodeEventScript.beginning).text
    #expect(text.contains("· Print the product of two integers."))
    #expect(text.contains("· Print the sum of a list."))
    #expect(text.contains("algorithm: addition"))
  }

  @Test("plans show how sure the planner is, and the one that is tried is marked and whole")
  func plans() {
    let text = screen(CodeEventScript.beginning).text
    #expect(text.contains("▸ 1  ━━━━━━━━━─ 90 % sure"))
    #expect(text.contains("  2  ━━━━━━──── 60 % sure"))
    #expect(text.contains("     2. Print their sum."))
    #expect(text.contains("     1. Put the numbers in a list. 2. Print its"))
  }

  @Test("the program is shown in colours while it is written, without its fence")
  func writing() throws {
    let screen = screen(CodeEventScript.beginning + CodeEventScript.writing)
    #expect(screen.text.contains("│ a, b = map(int, inp▍"))
    #expect(!screen.text.contains("```"))
    let theme = Theme(screen.state.appearance)
    #expect(try style(of: "# Reads two", in: screen) == theme.comment)
  }

  @Test("a wrong answer shows input, expected and got")
  func wrongAnswer() {
    let text = screen(CodeEventScript.beginning + CodeEventScript.failing).text
    #expect(text.contains("× example 1  wrong answer  0.02 s"))
    #expect(text.contains("  input     1 2"))
    #expect(text.contains("  expected  3"))
    #expect(text.contains("  got       2"))
  }

  @Test(
    "every verdict has its words, and what the program said",
    arguments: [
      (ExampleVerdict.Kind.timeLimit, "time limit"), (.memoryLimit, "memory limit"), (.outputLimit, "output limit"),
      (.runtimeError, "runtime error"), (.compileError, "compile error"),
    ])
  func verdicts(kind: ExampleVerdict.Kind, words: String) {
    let verdict = ExampleVerdict(kind: kind, detail: "line 3: something about it", seconds: 2)
    let text = screen(CodeEventScript.beginning + [.programWritten(CodeEventScript.wrong), .exampleRun(0, verdict)])
      .text
    #expect(text.contains("× example 1  \(words)  2.00 s"))
    #expect(text.contains("  line 3: something about it"))
  }

  @Test("a round of debugging is shown as the lines that changed, red and green")
  func changes() throws {
    let screen = screen(CodeEventScript.beginning + CodeEventScript.failing + CodeEventScript.debugging)
    let theme = Theme(screen.state.appearance)
    #expect(screen.text.contains("Debugging round 1"))
    #expect(try style(of: "- print(a * b)", in: screen) == theme.failure)
    #expect(try style(of: "+ print(a + b)", in: screen) == theme.good)
    #expect(screen.text.contains("✓ example 2  accepted"))
  }

  @Test("a correction that changes nothing says so")
  func unchanged() {
    var same = CodeEventScript.wrong
    same.round = 1
    let text = screen(CodeEventScript.beginning + CodeEventScript.failing + [.programWritten(same)]).text
    #expect(text.contains("The program is the same."))
  }

  @Test("a role that wrote nothing of use is named")
  func nothingUsable() {
    let events: [CodeEvent] = [.piece("I cannot."), .roleStarted(.coder, plan: 1, round: nil)]
    #expect(screen(CodeEventScript.beginning + events).text.contains("! The coder wrote nothing that could be used."))
  }

  @Test(
    "the end is a headline, with what the replies were worth",
    arguments: [
      (CodeOutcome.End.passed, 2, "✓ passed 2 of 2 examples · 1 plan · 1 round · 3.2 s"),
      (.unproven, 1, "× passed 1 of 2 examples, the best there was"),
      (.cancelled, 1, "! stopped: passed 1 of 2 examples"),
      (.limit, 0, "! a limit was reached: passed 0 of 2 examples"),
      (.accepted, 1, "✓ accepted: passed 1 of 2 examples"),
      (.unchecked, 0, "! written, not checked: the task has no examples"),
    ])
  func headline(end: CodeOutcome.End, passed: Int, headline: String) {
    var outcome = CodeEventScript.outcome
    outcome.end = end
    outcome.examplesPassed = passed
    let text = screen(CodeEventScript.beginning + [.finished(outcome)]).text
    #expect(text.contains(headline))
    #expect(text.contains("replies: 1 mended, 0 lost"))
  }

  @Test("work that fails says why, in the pane and nowhere hides it")
  func failure() {
    let text = screen(
      CodeEventScript.beginning + [.failed(code: "sandbox_unavailable", message: "python3 is not installed here")]
    ).text
    #expect(text.contains("× python3 is not installed here"))
  }

  @Test("containment stays in view when it is weak, and is named at the end when it is not")
  func containment() {
    let weak = screen([.started(CodeEventScript.task, CodeEventScript.weakSetup)]).text
    #expect(weak.contains("! limits only: programs can read files and use the network"))
    #expect(screen(CodeEventScript.whole).text.contains("programs ran in: bubblewrap: no network"))
  }

  @Test("a task without examples says that nothing can be checked")
  func noExamples() {
    let text = screen([.started(CodeTask(statement: "Print a."), CodeEventScript.setup)]).text
    #expect(text.contains("! No examples: nothing can be checked."))
  }

  @Test("without colours removed and added lines are told apart by their marks, and no cell has a colour")
  func noColors() {
    let screen = screen(CodeEventScript.whole, depth: .none)
    #expect(screen.grid.cells.allSatisfy { $0.style.foreground == .standard && $0.style.background == .standard })
    #expect(screen.text.contains("- print(a * b)") && screen.text.contains("+ print(a + b)"))
  }

  @Test("with sixteen colours only those are used")
  func sixteenColors() {
    let grid = screen(CodeEventScript.whole, depth: .basic16).grid
    #expect(grid.cells.allSatisfy { if case .indexed(let index) = $0.style.foreground { index < 16 } else { true } })
  }

  @Test("where only ASCII goes, the pane is ASCII", arguments: [6, 9, CodeEventScript.whole.count])
  func ascii(count: Int) {
    let text = screen(Array(CodeEventScript.whole.prefix(count)), unicode: false).text
    #expect(text.unicodeScalars.allSatisfy { $0.isASCII })
  }

  @Test(
    "wide characters and long lines stay inside the pane at every size",
    arguments: [
      (60, 20), (79, 45), (80, 24), (90, 28), (100, 24), (130, 36), (200, 50),
    ])
  func everySize(columns: Int, rows: Int) {
    for description in [SessionDescription.chat, .clip] {
      var screen = TestScreen(columns, rows)
      screen.tell(.ready(description))
      var task = CodeEventScript.task
      task.statement = "赤い丸を数えてください。" + String(repeating: "長い説明", count: 30)
      let program = CodeProgram(
        language: .python, text: "print('漢字漢字')" + String(repeating: "x", count: 300), plan: 0, round: 0)
      screen.tell([
        .started(task, CodeEventScript.weakSetup), .roleStarted(.coder, plan: 0, round: nil), .programWritten(program),
      ])
      let grid = screen.grid
      #expect(CellGridTests.wideGlyphsAreWhole(grid))
      for rule in ScreenLayout(screen.state)?.verticalRules ?? [] {
        for row in rule.row..<rule.endRow { #expect(grid[rule.column, row].text == "│") }
      }
    }
  }

  @Test("what is new in view follows the end until somebody scrolls, and then stays")
  func scrolling() {
    var screen = screen(CodeEventScript.beginning, columns: 100, rows: 24)
    screen.press(.tab)
    #expect(!screen.text.contains("Task  2 examples"))
    screen.press(.home)
    #expect(screen.text.contains("Task  2 examples"))
    #expect(screen.text.contains("more below"))
    screen.tell(CodeEventScript.failing)
    #expect(screen.text.contains("Task  2 examples"))
    screen.press(.end)
    #expect(screen.text.contains("got       2"))
    screen.press(.pageUp, .pageDown)
    #expect(screen.state.coding.top == nil)
  }

  @Test("a new task begins with an empty pane")
  func again() {
    let text = screen(CodeEventScript.whole + [.started(CodeTask(statement: "Print a."), CodeEventScript.setup)]).text
    #expect(text.contains("Print a.") && !text.contains("passed 2 of 2"))
  }

  @Test("a shared program is in the conversation, in colours")
  func shared() throws {
    var screen = screen([])
    screen.tell(.programShared(CodeEventScript.right))
    #expect(screen.text.contains("part of the conversation"))
    #expect(try style(of: "# Reads two", in: screen) == Theme(screen.state.appearance).comment)
  }

  @Test("an answer goes on beside the pane")
  func beside() {
    var screen = screen(CodeEventScript.beginning + CodeEventScript.writing)
    screen.talk("What came first?", "A red circle.")
    #expect(screen.text.contains("A red circle.") && screen.text.contains("a, b = map"))
  }
}
