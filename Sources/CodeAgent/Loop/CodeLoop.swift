// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Platform
import Records
import SessionInterface

/// The loop of four roles (MapCoder, arXiv 2405.11403; MapCoder-Lite, arXiv 2509.17489).
///
/// The retriever names similar tasks. The planner makes a plan from each. For the plans in order of confidence, the
/// coder writes a program, and the debugger corrects it while it fails an example, until a program passes them all.
///
/// Used by one caller at a time.
public final class CodeLoop {
  private let model: any RoleModel
  private let checker: any ProgramChecking
  private let limits: SolveLimits
  private let emit: @Sendable (CodeEvent) -> Void

  private var task = CodeTask(statement: "")
  private var state = SolveState()
  private var control = SolveControl()
  /// Stops with the control, and at the limit of time.
  private var stop = StopSource()
  private var start = ContinuousClock.now
  private var temperature = 0.0
  private var seed: UInt64 = 0

  /// Ends the work from within.
  private struct Stop: Error {
    let end: CodeOutcome.End
  }

  /// Makes a loop.
  ///
  /// - Parameter emit: given each event, from the calling actor.
  public init(
    model: any RoleModel, checker: any ProgramChecking, limits: SolveLimits = SolveLimits(),
    emit: @escaping @Sendable (CodeEvent) -> Void = { _ in }
  ) {
    self.model = model
    self.checker = checker
    self.limits = limits
    self.emit = emit
  }

  /// Works on a task until a program passes every example, everything has been tried, or a limit is reached.
  ///
  /// - Parameters:
  ///   - temperature: 0 takes the likeliest tokens. Another attempt at the same task needs a higher one.
  ///   - seed: of the sampler.
  ///   - control: lets others stop the work.
  /// - Throws: `ReportedError` if the task cannot be worked on; `failed` has then been emitted.
  public func solve(
    _ task: CodeTask, temperature: Double = 0, seed: UInt64 = 0, control: SolveControl = SolveControl(),
    isolation: isolated (any Actor)? = #isolation
  ) async throws(ReportedError) -> CodeOutcome {
    try await work(on: task, temperature: temperature, seed: seed, control: control) { () async throws in
      try await self.solveByRoles()
    }
  }

  /// Asks the coder for the program at once, for comparison.
  ///
  /// - Throws: `ReportedError` if the task cannot be worked on; `failed` has then been emitted.
  public func solveAtOnce(
    _ task: CodeTask, control: SolveControl = SolveControl(), isolation: isolated (any Actor)? = #isolation
  ) async throws(ReportedError) -> CodeOutcome {
    try await work(on: task, temperature: 0, seed: 0, control: control) { () async throws in
      try await self.writeAndRun(.writeAtOnce, plan: nil)
    }
  }

  private func work(
    on task: CodeTask, temperature: Double, seed: UInt64, control: SolveControl,
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Void
  ) async throws(ReportedError) -> CodeOutcome {
    self.task = task
    self.temperature = temperature
    self.seed = seed
    self.control = control
    state = SolveState()
    state.outcome.examples = task.examples.count
    start = .now
    stop = control.stop(at: deadline)
    emit(
      .started(
        task,
        CodeSetup(
          modelName: model.name, adaptedRoles: model.adaptedRoles, containment: checker.containment,
          isContainmentWeak: checker.isContainmentWeak, exemplarCount: limits.exemplars, debugRounds: limits.rounds)))
    var end = task.examples.isEmpty ? CodeOutcome.End.unchecked : .unproven
    do {
      if !task.examples.isEmpty { try checker.check(language: task.language) }
      try await body()
    } catch let stop as Stop {
      end = stop.end
    } catch {
      let failure = error as? ReportedError ?? ReportedError(.computation, "\(error)")
      emit(.failed(code: failure.code.rawValue, message: failure.message))
      throw failure
    }
    let outcome = state.finished(end, seconds: (ContinuousClock.now - start) / .seconds(1))
    emit(.finished(outcome))
    return outcome
  }

  // MARK: The roles

  private func solveByRoles(isolation: isolated (any Actor)? = #isolation) async throws {
    let recollection = try recall()
    let plans = try plans(from: recollection.exemplars)
    // Without a plan the coder writes from the task alone.
    if plans.isEmpty { try await writeAndRun(.writeAtOnce, plan: nil) }
    for plan in plans {
      state.outcome.plansTried += 1
      let request = RoleRequest.write(plan: plan.text, algorithm: recollection.algorithm)
      try await writeAndRun(request, plan: plan)
    }
  }

  private func recall() throws -> ReplyReader.Recollection {
    let nothing = ReplyReader.Recollection(exemplars: [], algorithm: nil)
    guard limits.exemplars > 0 else { return nothing }
    emit(.roleStarted(.retriever, plan: nil, round: nil))
    let reply = try ask(.recall(count: limits.exemplars))
    let reading = ReplyReader.recollection(in: reply, count: limits.exemplars, language: task.language)
    state.count(reading.form)
    let found = reading.value ?? nothing
    emit(.retrieved(found.exemplars, algorithm: found.algorithm))
    return found
  }

  /// Different plans, the surest first.
  private func plans(from exemplars: [CodeExemplar]) throws -> [CodePlan] {
    var plans: [CodePlan] = []
    for exemplar in exemplars.isEmpty ? [nil] : exemplars.map(Optional.some) {
      emit(.roleStarted(.planner, plan: plans.count, round: nil))
      let reading = ReplyReader.plan(in: try ask(.plan(exemplar)))
      state.count(reading.form)
      guard let text = reading.value, !plans.contains(where: { $0.text == text }) else { continue }
      var plan = CodePlan(number: plans.count, text: text, confidence: nil)
      emit(.planned(plan))
      let judgement = ReplyReader.confidence(in: try ask(.judge(plan: text)))
      state.count(judgement.form)
      plan.confidence = judgement.value
      emit(.planned(plan))
      plans.append(plan)
    }
    // A plan without a confidence counts as 50. Equals stay in order.
    return plans.enumerated().sorted {
      let (one, other) = ($0.element.confidence ?? 50, $1.element.confidence ?? 50)
      return one == other ? $0.offset < $1.offset : one > other
    }.map(\.element)
  }

  /// Has a program written and run it, and corrected while it fails.
  private func writeAndRun(
    _ request: RoleRequest, plan: CodePlan?, isolation: isolated (any Actor)? = #isolation
  ) async throws {
    emit(.roleStarted(.coder, plan: plan?.number, round: nil))
    let reading = ReplyReader.program(in: try ask(request), language: task.language)
    state.count(reading.form)
    guard let text = reading.value else { return }
    var program = CodeProgram(language: task.language, text: text, plan: plan?.number, round: 0)
    guard var failure = try await run(program) else { return }
    guard var plan else { return }
    while program.round < limits.rounds {
      let round = program.round + 1
      emit(.roleStarted(.debugger, plan: plan.number, round: round))
      let reply = try ask(.correct(plan: plan.text, program: program.text, failure: failure))
      let correction = ReplyReader.correction(in: reply, language: task.language)
      state.count(correction.form)
      state.outcome.debugRounds += 1
      guard let corrected = correction.value else { return }
      if let changed = corrected.plan, changed != plan.text {
        plan.text = changed
        emit(.planned(plan))
      }
      program = CodeProgram(language: task.language, text: corrected.program, plan: plan.number, round: round)
      guard let next = try await run(program) else { return }
      failure = next
    }
  }

  /// Runs a program on the examples.
  ///
  /// - Returns: the first example that it fails; nil for a program that has been run before.
  /// - Throws: `Stop` if it passes them all, or there are none.
  private func run(
    _ program: CodeProgram, isolation: isolated (any Actor)? = #isolation
  ) async throws -> FailureReport? {
    state.note(program)
    if state.isKnown(program.text) { return nil }
    emit(.programWritten(program))
    if task.examples.isEmpty {
      state.note(program, passed: 0)
      throw Stop(end: .unchecked)
    }
    let verdicts = try await verdicts(on: program)
    let passed = verdicts.count { $0.kind == .accepted }
    state.note(program, passed: passed)
    if passed == task.examples.count { throw Stop(end: .passed) }
    try checkLimits()
    return zip(task.examples, verdicts).first { $0.1.kind != .accepted }
      .map { FailureReport(example: $0.0, verdict: $0.1) }
  }

  /// Runs a program on one example after the other.
  ///
  /// - Returns: a verdict for each example; those before the stop, if there was one.
  private func verdicts(
    on program: CodeProgram, isolation: isolated (any Actor)? = #isolation
  ) async throws(ReportedError) -> [ExampleVerdict] {
    let checker = self.checker
    let prepared = try await cancelled(by: stop) { () async throws(ReportedError) in
      try await checker.prepare(program.text, language: program.language)
    }
    var verdicts: [ExampleVerdict] = []
    guard let runnable = prepared else { return verdicts }
    for example in task.examples {
      if stop.isStopped { break }
      let result = try await cancelled(by: stop) { () async throws(ReportedError) in
        try await runnable.verdict(on: example)
      }
      guard let verdict = result else { break }
      emit(.exampleRun(verdicts.count, verdict))
      verdicts.append(verdict)
    }
    return verdicts
  }

  // MARK: Asking

  private func ask(_ request: RoleRequest) throws -> String {
    try checkLimits()
    let left = limits.tokens.map { max($0 - state.outcome.replies.answerTokens, 1) } ?? .max
    let sampling = RoleSampling(
      maximumTokens: min(limits.tokensOfReply, left), temperature: temperature, seed: seed)
    var generation = try model.begin(
      replyTo: request.prompt(for: task, style: model.promptStyle), as: request.role, sampling: sampling)
    while let piece = try generation.next(isCancelled: stop.isStopped) {
      if !piece.isEmpty { emit(.piece(piece)) }
    }
    let reply = generation.reply
    state.add(reply)
    // A reply that a stop cut off is not used. One that reached its length limit may still be read.
    try checkLimits(tokens: false)
    return reply.text
  }

  private var deadline: ContinuousClock.Instant? { limits.seconds.map { start + .seconds($0) } }
  private var isLate: Bool { deadline.map { ContinuousClock.now > $0 } ?? false }

  private func checkLimits(tokens: Bool = true) throws {
    if control.isAccepted { throw Stop(end: state.last == nil ? .cancelled : .accepted) }
    if control.isCancelled { throw Stop(end: .cancelled) }
    if isLate { throw Stop(end: .limit) }
    if tokens, let most = limits.tokens, state.outcome.replies.answerTokens >= most { throw Stop(end: .limit) }
  }
}
