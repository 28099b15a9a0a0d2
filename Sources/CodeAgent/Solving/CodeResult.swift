// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Records
import SessionInterface

/// Result of the work on a problem. The members of its JSON are a contract with scripts.
package struct CodeResult: Sendable {
  /// The problem's id.
  package var id: String
  /// The solution, or why the problem could not be worked on.
  package var solution: Result<CodeSolution, ReportedError>

  /// Makes a result.
  package init(id: String, solution: Result<CodeSolution, ReportedError>) {
    self.id = id
    self.solution = solution
  }

  /// Why the problem could not be worked on; nil if it could.
  package var error: ReportedError? {
    if case .failure(let error) = solution { error } else { nil }
  }

  /// The result line.
  package var json: OrderedJSON {
    switch solution {
    case .success(let solution):
      let outcome = solution.outcome
      return [
        "id": .string(id), "status": "ok", "code": solution.json,
        "tokens": [
          "prompt": .integer(outcome.replies.promptTokens), "answer": .integer(outcome.replies.answerTokens),
        ],
        "seconds": ["total": .number(outcome.seconds)],
      ]
    case .failure(let error): return ["id": .string(id), "status": "error", "error": error.json]
    }
  }
}

/// The program for a problem, and how it did.
package struct CodeSolution: Sendable {
  /// The program's language.
  package var language: ProgramLanguage
  /// How the work ended, with the program.
  package var outcome: CodeOutcome
  /// How the programs that were run were contained; nil if none was to be run.
  package var containment: String?
  /// Number of hidden tests.
  package var testCount: Int
  /// Whether the program passes all hidden tests; nil if there are none, or if the time was not enough to know.
  package var passesTests: Bool?

  /// Makes a solution.
  package init(
    language: ProgramLanguage, outcome: CodeOutcome, containment: String? = nil, testCount: Int = 0,
    passesTests: Bool? = nil
  ) {
    self.language = language
    self.outcome = outcome
    self.containment = containment
    self.testCount = testCount
    self.passesTests = passesTests
  }

  fileprivate var json: OrderedJSON {
    var members: [(String, OrderedJSON)] = [
      ("language", .string(language.rawValue)), ("program", .optional(outcome.program?.text)),
      ("passed", .bool(outcome.end == .passed)), ("end", .string(outcome.end.rawValue)),
      ("examples", .integer(outcome.examples)), ("examples_passed", .integer(outcome.examplesPassed)),
      ("plans_tried", .integer(outcome.plansTried)), ("debug_rounds", .integer(outcome.debugRounds)),
      ("replies_mended", .integer(outcome.replies.mended)), ("replies_lost", .integer(outcome.replies.lost)),
    ]
    if let containment { members.append(("containment", .string(containment))) }
    if let passesTests { members += [("tests", .integer(testCount)), ("tests_passed", .bool(passesTests))] }
    return .object(members)
  }
}
