// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Records
import SessionInterface

/// What is written for a programming task.
package struct CodeResult {
  package var id: String
  package var language: ProgramLanguage
  package var outcome: CodeOutcome
  /// Whether the program passes the hidden tests; nil if there are none, or no program.
  package var passesTests: Bool?
  package var tests = 0

  package init(id: String, language: ProgramLanguage, outcome: CodeOutcome, passesTests: Bool? = nil, tests: Int = 0) {
    self.id = id
    self.language = language
    self.outcome = outcome
    self.passesTests = passesTests
    self.tests = tests
  }

  package var json: OrderedJSON {
    var code: [(String, OrderedJSON)] = [
      ("language", .string(language.rawValue)), ("program", .optional(outcome.program?.text)),
      ("passed", .bool(outcome.end == .passed)), ("end", .string(outcome.end.rawValue)),
      ("examples", .integer(outcome.examples)), ("examples_passed", .integer(outcome.examplesPassed)),
      ("plans_tried", .integer(outcome.plansTried)), ("debug_rounds", .integer(outcome.debugRounds)),
      ("replies_mended", .integer(outcome.repliesMended)), ("replies_lost", .integer(outcome.repliesLost)),
    ]
    if tests > 0 {
      code += [("tests", .integer(tests)), ("tests_passed", passesTests.map { .bool($0) } ?? .bool(false))]
    }
    return [
      "id": .string(id), "status": "ok", "code": .object(code),
      "tokens": ["prompt": .integer(outcome.promptTokens), "answer": .integer(outcome.answerTokens)],
      "seconds": ["total": .number(outcome.seconds)],
    ]
  }

  package static func failure(id: String, _ failure: ReportedError) -> OrderedJSON {
    [
      "id": .string(id), "status": "error",
      "error": ["code": .string(failure.code.rawValue), "message": .string(failure.message)],
    ]
  }
}
