// SPDX-License-Identifier: Apache-2.0

import CodeAgent
import Records
import SessionInterface
import Testing

/// The lines that scripts read, byte for byte.
@Suite("Result lines of programming tasks")
struct CodeResultTests {
  private let program = CodeProgram(language: .python, text: "print(1)\n", plan: 0, round: 1)

  private func line(
    _ program: CodeProgram?, containment: String? = nil, testCount: Int = 0, passesTests: Bool? = nil
  ) -> String {
    let outcome = CodeOutcome(
      end: .passed, program: program, examples: 2, examplesPassed: 2, plansTried: 1, debugRounds: 1,
      replies: CodeReplies(mended: 3, lost: 4, promptTokens: 50, answerTokens: 60), seconds: 1.5)
    let solution = CodeSolution(
      language: .python, outcome: outcome, containment: containment, testCount: testCount, passesTests: passesTests)
    return CodeResult(id: "t-1", solution: .success(solution)).json.text
  }

  @Test("A task without hidden tests")
  func noTests() {
    #expect(
      line(program) == """
        {"id":"t-1","status":"ok","code":{"language":"python","program":"print(1)\\n","passed":true,"end":"passed",\
        "examples":2,"examples_passed":2,"plans_tried":1,"debug_rounds":1,"replies_mended":3,"replies_lost":4},\
        "tokens":{"prompt":50,"answer":60},"seconds":{"total":1.5}}
        """)
  }

  @Test("A task with hidden tests, without a program")
  func tests() {
    #expect(
      line(nil, containment: "namespaces", testCount: 3, passesTests: false) == """
        {"id":"t-1","status":"ok","code":{"language":"python","program":null,"passed":true,"end":"passed",\
        "examples":2,"examples_passed":2,"plans_tried":1,"debug_rounds":1,"replies_mended":3,"replies_lost":4,\
        "containment":"namespaces","tests":3,"tests_passed":false},"tokens":{"prompt":50,"answer":60},\
        "seconds":{"total":1.5}}
        """)
  }

  @Test("A task that could not be worked on")
  func failure() {
    let result = CodeResult(id: "t-1", solution: .failure(ReportedError(.sandboxUnavailable, "there is none")))
    #expect(
      result.json.text == """
        {"id":"t-1","status":"error","error":{"code":"sandbox_unavailable","message":"there is none"}}
        """)
  }
}
