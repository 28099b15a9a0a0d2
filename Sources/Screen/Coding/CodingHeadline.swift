// SPDX-License-Identifier: Apache-2.0

import Records
import SessionInterface

/// The work in progress, or its outcome, in one line.
struct CodingHeadline: Equatable, Sendable {
  enum Tone: Equatable, Sendable { case busy, good, doubtful, bad }

  var tone: Tone
  var text: String

  init(_ coding: CodingState, dot: String) {
    switch coding.ending {
    case .failed(let message): (tone, text) = (.bad, message)
    case .finished(let outcome):
      let (tone, words) = CodingHeadline.words(outcome)
      var parts = [words]
      if outcome.plansTried > 0 { parts.append(counted(outcome.plansTried, "plan")) }
      if outcome.debugRounds > 0 { parts.append(counted(outcome.debugRounds, "round")) }
      parts.append("\(decimal(outcome.seconds, places: 1)) s")
      (self.tone, text) = (tone, parts.joined(separator: " \(dot) "))
    case nil: (tone, text) = (.busy, CodingHeadline.doing(coding))
    }
  }

  private static func words(_ outcome: CodeOutcome) -> (Tone, String) {
    let passed = "passed \(outcome.examplesPassed) of \(counted(outcome.examples, "example"))"
    guard outcome.program != nil else {
      return (.bad, outcome.end == .cancelled ? "stopped before there was a program" : "no program came of it")
    }
    // With no examples there is nothing to have passed.
    let checked = outcome.examples > 0 ? passed : "nothing checked"
    switch outcome.end {
    case .passed: return (.good, passed)
    case .unchecked: return (.doubtful, "written, not checked: the task has no examples")
    case .unproven: return (.bad, "\(passed), the best there was")
    case .limit: return (.doubtful, "a limit was reached: \(checked)")
    case .cancelled: return (.doubtful, "stopped: \(checked)")
    case .accepted: return (.good, "accepted: \(checked)")
    }
  }

  private static func doing(_ coding: CodingState) -> String {
    if coding.isStopping { return "stopping" }
    guard let work = coding.work else {
      guard let attempt = coding.lastAttempt, let task = coding.task else {
        return coding.isWaiting ? "waiting to begin" : "beginning"
      }
      let next = attempt.verdicts.count + 1
      return next > task.examples.count ? "thinking" : "running example \(next) of \(task.examples.count)"
    }
    let plan = work.plan.map { " of plan \($0 + 1)" } ?? ""
    switch work.role {
    case .retriever: return "the retriever recalls similar tasks"
    case .planner:
      return "the planner \(work.isUsed ? "judges" : "makes") plan \((work.plan ?? 0) + 1)"
    case .coder: return "the coder writes the program\(plan)"
    case .debugger:
      return "the debugger corrects the program\(plan)" + (work.round.map { ", round \($0)" } ?? "")
    }
  }
}
