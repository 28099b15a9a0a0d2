// SPDX-License-Identifier: Apache-2.0

import CodeAgent
import CodeTasks
import SessionInterface
import Testing

@Suite("Which program is saved and shared")
struct ProgramToSaveTests {
  private func program(_ text: String) -> CodeProgram {
    CodeProgram(language: .python, text: text, plan: 0, round: 0)
  }

  private func hand(_ events: CodeEvent...) -> String? {
    var hand = ProgramToSave()
    for event in events { hand.take(event) }
    return hand.program?.text
  }

  private let setup = CodeSetup(
    modelName: "m", adaptedRoles: [], containment: "", isContainmentWeak: false, exemplarCount: 3, debugRounds: 5)

  @Test("While a task is worked on, the program written last")
  func last() {
    #expect(hand(.programWritten(program("a")), .programWritten(program("b"))) == "b")
  }

  @Test("At the end, the one that the work came to, though others were written after it")
  func best() {
    #expect(
      hand(
        .programWritten(program("best")), .programWritten(program("worse")),
        .finished(CodeOutcome(end: .unproven, program: program("best")))) == "best")
  }

  @Test("Never one of an earlier task")
  func earlier() {
    #expect(hand(.programWritten(program("old")), .started(CodeTask(statement: "new"), setup)) == nil)
    #expect(
      hand(
        .programWritten(program("old")), .started(CodeTask(statement: "new"), setup),
        .finished(CodeOutcome(end: .cancelled, program: nil))) == nil)
  }
}
