// SPDX-License-Identifier: Apache-2.0

import Records
import SessionInterface

/// The programs found for a task so far, and what they cost.
struct SolveState {
  private(set) var best: CodeProgram?
  private(set) var last: CodeProgram?
  private var bestPassed = -1
  /// Programs that were run, so that none is run twice.
  private var known: Set<String> = []
  var outcome = CodeOutcome(end: .unproven, program: nil)

  mutating func note(_ program: CodeProgram) { last = program }

  /// Notes how many examples a program passes. The one that passes most is the best, the earlier of equals.
  mutating func note(_ program: CodeProgram, passed: Int) {
    known.insert(program.text)
    guard passed > bestPassed else { return }
    best = program
    bestPassed = passed
  }

  func isKnown(_ program: String) -> Bool { known.contains(program) }

  mutating func add(_ reply: RoleReply) {
    outcome.replies.promptTokens += reply.promptTokens
    outcome.replies.answerTokens += reply.answerTokens
  }

  mutating func count(_ form: ReplyForm) {
    switch form {
    case .kept: break
    case .mended: outcome.replies.mended += 1
    case .lost: outcome.replies.lost += 1
    }
  }

  func finished(_ end: CodeOutcome.End, seconds: Double) -> CodeOutcome {
    var outcome = outcome
    outcome.end = end
    outcome.program = end == .accepted ? last : best ?? last
    outcome.examplesPassed = outcome.program == best ? max(bestPassed, 0) : 0
    outcome.seconds = seconds
    return outcome
  }
}
