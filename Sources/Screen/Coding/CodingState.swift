// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import SessionInterface

/// The coding pane: a programming task and its progress. Changed only by `take`, by keys and by commands.
///
/// `/code` and a task open the pane. Its first row names the language, the model and the time that has passed. The
/// second row shows the four roles: done, at work or to come. Roles with an adapter are marked. A third row warns where
/// programs are not kept apart well.
///
/// Below scrolls the work, oldest first: the task, the retrieved tasks, the plans with the planner's confidence, each
/// program with its examples' verdicts, and the text that is being written now. After a round of debugging, a program
/// is shown as its changed lines. The last row names the work in progress, and at the end the outcome.
package struct CodingState: Sendable, Equatable {
  /// True while the pane is shown.
  package var isOpen = false
  /// True when keys go to the pane instead of the line; where there is room for one of pane and conversation, this one
  /// is seen.
  package var isFocused = false
  /// Topmost line of the scrolling part; nil follows the end.
  package var top: Int?

  /// The task worked on last; nil before the first.
  package private(set) var task: CodeTask?
  /// The setup of the work: model, adapters, containment; nil until work begins.
  package private(set) var setup: CodeSetup?
  /// True from when a program is asked for until work begins.
  package private(set) var isWaiting = false
  /// True from when work is to stop until it has ended.
  package var isStopping = false
  private(set) var startedAt: Double?

  /// The role at work; nil between roles.
  package private(set) var work: Work?
  private(set) var rolesDone: Set<CodeRole> = []
  /// Similar tasks that the retriever came up with.
  package private(set) var exemplars: [CodeExemplar] = []
  /// The algorithm that the retriever named; nil without one.
  package private(set) var algorithm: String?
  /// Plans in the order of their numbers, from 0.
  package private(set) var plans: [CodePlan] = []
  /// The plan that is being tried.
  package private(set) var currentPlan: Int?
  /// Turns of the coder and the debugger, oldest first.
  package private(set) var steps: [Step] = []
  /// How work ended; nil before its end.
  package private(set) var ending: Ending?

  /// A role at work and its text.
  package struct Work: Sendable, Equatable {
    /// The role.
    package var role: CodeRole
    /// The number of the plan at hand, from 0; nil before there are plans.
    package var plan: Int?
    /// The round of debugging, from 1; nil outside debugging.
    package var round: Int?
    /// The role's text so far.
    package var text = ""
    /// True once the text has come in its final form.
    package var isUsed = false
  }

  /// One turn of the coder or the debugger.
  package enum Step: Sendable, Equatable {
    /// It wrote a program, which was run.
    case attempt(Attempt)
    /// The role wrote nothing that could be used.
    case nothingUsable(CodeRole)
  }

  /// A program that was run.
  package struct Attempt: Sendable, Equatable {
    /// The program as it was run.
    package var program: CodeProgram
    /// The program that this one corrects.
    package var corrected: CodeProgram?
    /// By the number of the example, from 0.
    package var verdicts: [Int: ExampleVerdict] = [:]
  }

  /// How work on a task ended.
  package enum Ending: Sendable, Equatable {
    /// Work came to its end or was stopped.
    case finished(CodeOutcome)
    /// Work broke off; the message is for the user.
    case failed(String)
  }

  /// Closed, with no task.
  package init() {}

  /// More of what a role writes is not kept: no program is so long.
  private static let mostWritten = 65_536

  /// True from when a program is asked for until work has ended.
  package var isUnderWay: Bool { isWaiting || (startedAt != nil && ending == nil) }

  /// The program written last, or the one that work ended with.
  package var program: CodeProgram? {
    if case .finished(let outcome) = ending, let program = outcome.program { return program }
    return lastAttempt?.program
  }

  var lastAttempt: Attempt? {
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

  /// Applies an event; `now` is in seconds of the screen's clock.
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
    // A role that was cut off has not failed: the user stopped or accepted, or a limit was reached.
    if case .finished(let outcome) = ending, ![.cancelled, .accepted, .limit].contains(outcome.end) { endWork() }
    work = nil
    isOpen = true
    isWaiting = false
    isStopping = false
    currentPlan = nil
    self.ending = ending
  }
}
