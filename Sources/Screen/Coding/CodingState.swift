// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import SessionInterface

/// The coding pane: a programming task and what has come of it. Changed only by `take`, by keys and by commands.
///
/// What the user sees: `/code` and a task opens the pane. Its first row names the language, the model and the time that
/// has passed; the second the four roles, done, at work or to come, those with an adapter marked; a third warns where
/// programs are not kept apart well. Then, scrolling, in the order in which it happened: the task, the tasks retrieved,
/// the plans with how sure the planner is, each program with its examples' verdicts, after a round of debugging as the
/// lines that changed, and what is being written now. The last row says what is going on, and at last what came of it.
package struct CodingState: Sendable, Equatable {
  package var isOpen = false
  /// True when keys go to the pane instead of the line; where there is room for one of pane and conversation, this one
  /// is seen.
  package var isFocused = false
  /// Topmost line of the scrolling part; nil follows the end.
  package var top: Int?

  package private(set) var task: CodeTask?
  package private(set) var setup: CodeSetup?
  /// True from when a program is asked for until work begins.
  package private(set) var isWaiting = false
  /// True from when work is to stop until it has ended.
  package var isStopping = false
  package private(set) var startedAt: Double?

  package private(set) var work: Work?
  package private(set) var rolesDone: Set<CodeRole> = []
  package private(set) var exemplars: [CodeExemplar] = []
  package private(set) var algorithm: String?
  package private(set) var plans: [CodePlan] = []
  /// The plan that is being tried.
  package private(set) var currentPlan: Int?
  package private(set) var steps: [Step] = []
  package private(set) var ending: Ending?

  /// A role at work and what it has written.
  package struct Work: Sendable, Equatable {
    package var role: CodeRole
    package var plan: Int?
    package var round: Int?
    package var text = ""
    /// True once what it wrote has come in its final form.
    package var isUsed = false
  }

  package enum Step: Sendable, Equatable {
    case attempt(Attempt)
    /// The role wrote nothing that could be used.
    case nothingUsable(CodeRole)
  }

  /// A program that was run.
  package struct Attempt: Sendable, Equatable {
    package var program: CodeProgram
    /// The program that this one corrects.
    package var corrected: CodeProgram?
    package var verdicts: [Int: ExampleVerdict] = [:]
  }

  package enum Ending: Sendable, Equatable {
    case finished(CodeOutcome)
    case failed(String)
  }

  package init() {}

  /// More of what a role writes is not kept: no program is so long.
  private static let mostWritten = 65_536

  package var isUnderWay: Bool { isWaiting || (startedAt != nil && ending == nil) }

  /// The program written last, or the one that work ended with.
  package var program: CodeProgram? {
    if case .finished(let outcome) = ending, let program = outcome.program { return program }
    return lastAttempt?.program
  }

  package var lastAttempt: Attempt? {
    for case .attempt(let attempt) in steps.reversed() { return attempt }
    return nil
  }

  /// A task is about to be sent.
  package mutating func ask(for task: CodeTask) {
    begin(task)
    isWaiting = true
  }

  private mutating func begin(_ task: CodeTask) {
    var next = CodingState()
    next.isOpen = true
    next.isFocused = isFocused
    next.task = task
    self = next
  }

  // MARK: Events

  package mutating func take(_ event: CodeEvent, at now: Double) {
    switch event {
    case .started(let task, let setup):
      begin(task)
      self.setup = setup
      startedAt = now
    case .roleStarted(let role, let plan, let round):
      endWork()
      work = Work(role: role, plan: plan, round: round)
      rolesDone.remove(role)
      if role == .coder || role == .debugger { currentPlan = plan }
    case .piece(let text):
      guard let work, !work.isUsed, work.text.utf8.count < CodingState.mostWritten else { return }
      self.work?.text += text
    case .retrieved(let exemplars, let algorithm):
      (self.exemplars, self.algorithm) = (exemplars, algorithm)
      work?.isUsed = true
    case .planned(let plan):
      if let index = plans.firstIndex(where: { $0.number == plan.number }) {
        plans[index] = plan
      } else {
        plans.append(plan)
      }
      // A debugger goes on to write the program.
      if work?.role == .planner { work?.isUsed = true }
    case .programWritten(let program):
      let before = lastAttempt?.program
      let isCorrection = program.round > 0 && before?.plan == program.plan
      steps.append(.attempt(Attempt(program: program, corrected: isCorrection ? before : nil)))
      work?.isUsed = true
      endWork()
    case .exampleRun(let example, let verdict):
      guard case .attempt(var attempt) = steps.last else { return }
      attempt.verdicts[example] = verdict
      steps[steps.count - 1] = .attempt(attempt)
    case .finished(let outcome):
      end(.finished(outcome))
    case .failed(_, let message):
      end(.failed(message))
    }
  }

  private mutating func endWork() {
    guard let work else { return }
    let wroteNothing = !work.isUsed && (work.role == .coder || work.role == .debugger)
    if wroteNothing { steps.append(.nothingUsable(work.role)) }
    rolesDone.insert(work.role)
    self.work = nil
  }

  private mutating func end(_ ending: Ending) {
    // What was under way when work was stopped is no failure of the role's.
    if case .finished(let outcome) = ending, ![.cancelled, .accepted, .limit].contains(outcome.end) { endWork() }
    work = nil
    isOpen = true
    isWaiting = false
    isStopping = false
    currentPlan = nil
    self.ending = ending
  }
}
