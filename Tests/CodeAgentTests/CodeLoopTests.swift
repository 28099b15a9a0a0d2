// SPDX-License-Identifier: Apache-2.0

import CodeAgent
import CodeTasks
import Records
import SessionInterface
import Synchronization
import Testing

@Suite("The loop of four roles")
struct CodeLoopTests {
  private let task = CodeTask(
    statement: "Print a.",
    examples: [CodeExample(input: "1\n", output: "1\n"), CodeExample(input: "2\n", output: "2\n")])

  private let roles: [CodeRole: [String]] = [
    .retriever: [recollection("one", "two", "three")],
    .planner: [
      "<plan>\n1. A\n</plan>", "<confidence>20</confidence>", "<plan>\n1. B\n</plan>", "<confidence>90</confidence>",
      "<plan>\n1. C\n</plan>", "<confidence>20</confidence>",
    ],
    .coder: [python("first"), python("second"), python("third")],
    .debugger: ["<plan>\n1. D\n</plan>\n" + python("mended"), "<plan>\n1. E\n</plan>\n" + python("mended again")],
  ]

  private final class Events: Sendable {
    private let list = Mutex<[CodeEvent]>([])
    var all: [CodeEvent] { list.withLock { $0 } }
    func add(_ event: CodeEvent) { list.withLock { $0.append(event) } }
    var programs: [String] {
      all.compactMap { if case .programWritten(let program) = $0 { program.text } else { nil } }
    }
  }

  private let events = Events()

  private func solve(
    _ model: ScriptedRoles, good: Set<String> = [], task: CodeTask? = nil, limits: SolveLimits = SolveLimits(rounds: 2),
    control: SolveControl = SolveControl(), languages: Set<ProgramLanguage> = [.python], secondsOfExample: Double = 0
  ) async throws -> CodeOutcome {
    let checker = ScriptedChecking(good: good, languages: languages, secondsOfExample: secondsOfExample)
    let loop = CodeLoop(model: model, checker: checker, limits: limits, emit: { [events] in events.add($0) })
    return try await loop.solve(task ?? self.task, control: control)
  }

  @Test("Plans are tried in order of confidence, equals in the order in which they were made")
  func order() async throws {
    let model = ScriptedRoles(roles.merging([.debugger: ["nothing"]]) { $1 })
    _ = try await solve(model)
    let plans = model.asked.filter { $0.role == .coder }.map(\.prompt)
    #expect(plans.count == 3)
    #expect(plans[0].contains("1. B") && plans[1].contains("1. A") && plans[2].contains("1. C"))
  }

  @Test("The first program that passes every example wins, and nothing is asked after it")
  func wins() async throws {
    let model = ScriptedRoles(roles)
    let outcome = try await solve(model, good: ["first"])
    #expect(outcome.end == .passed && outcome.program?.text == "first" && outcome.program?.plan == 1)
    #expect(outcome.plansTried == 1 && outcome.debugRounds == 0 && outcome.examplesPassed == 2)
    #expect(model.asked.map(\.role) == [.retriever] + Array(repeating: .planner, count: 6) + [.coder])
  }

  @Test("The debugger sees the failing example, and its last repair is run too")
  func debugs() async throws {
    let model = ScriptedRoles(roles)
    let outcome = try await solve(model, good: ["mended again"])
    #expect(outcome.end == .passed && outcome.debugRounds == 2 && outcome.program?.round == 2)
    let prompts = model.asked.filter { $0.role == .debugger }.map(\.prompt)
    #expect(prompts[0].contains("Input:\n2\nExpected:\n2\nGot:\nwrong") && prompts[0].contains("1. B"))
    #expect(prompts[1].contains("1. D") && prompts[1].contains("mended"))
  }

  @Test("When no program passes, the one that passes most examples is returned and said to be unproven")
  func bestEffort() async throws {
    let outcome = try await solve(ScriptedRoles(roles))
    #expect(outcome.end == .unproven && outcome.program?.text == "first" && outcome.examplesPassed == 1)
    #expect(outcome.plansTried == 3)
  }

  @Test("A program that has failed before is neither run nor corrected again")
  func repeats() async throws {
    let model = ScriptedRoles(roles.merging([.coder: [python("same")], .debugger: [python("same")]]) { $1 })
    let outcome = try await solve(model)
    #expect(events.programs == ["same"])
    #expect(outcome.debugRounds == 1 && outcome.plansTried == 3)
  }

  @Test("A plan that comes twice is judged and tried once")
  func samePlans() async throws {
    let plan = "<plan>\n1. A\n</plan>"
    let model = ScriptedRoles(roles.merging([.planner: [plan, "<confidence>50</confidence>", plan]]) { $1 })
    let outcome = try await solve(model)
    #expect(outcome.plansTried == 1)
  }

  @Test("A task without examples ends unchecked with the surest plan's program")
  func unchecked() async throws {
    let outcome = try await solve(ScriptedRoles(roles), task: CodeTask(statement: "Print a."), languages: [])
    #expect(outcome.end == .unchecked && outcome.program?.text == "first" && outcome.program?.plan == 1)
  }

  @Test("Replies of no use are counted, and the work goes on without them")
  func lostReplies() async throws {
    let model = ScriptedRoles([
      .retriever: ["I cannot."], .planner: ["1. Read.\n2. Print.", "no idea"], .coder: ["Sorry."], .debugger: [""],
    ])
    let outcome = try await solve(model)
    #expect(outcome.end == .unproven && outcome.program == nil)
    #expect(outcome.replies.lost == 3 && outcome.replies.mended == 1)
  }

  @Test("Where no plan is written, the coder is asked for the program at once")
  func noPlans() async throws {
    let model = ScriptedRoles(roles.merging([.planner: [""]]) { $1 })
    let outcome = try await solve(model, good: ["first"])
    #expect(outcome.end == .passed && outcome.program?.plan == nil && outcome.plansTried == 0)
    #expect(outcome.replies.lost == 3)
  }

  @Test("A cancelled task returns the best so far")
  func cancels() async throws {
    let control = SolveControl()
    let model = ScriptedRoles(roles)
    model.onAsk = { if $0 == .debugger { control.cancel() } }
    let outcome = try await solve(model, control: control)
    #expect(outcome.end == .cancelled && outcome.program?.text == "first")
  }

  @Test("Accepting takes the program written last as it is")
  func accepts() async throws {
    let control = SolveControl()
    let model = ScriptedRoles(roles)
    var rounds = 0
    model.onAsk = {
      if $0 == .debugger { rounds += 1 }
      if rounds == 2 { control.accept() }
    }
    let outcome = try await solve(model, control: control)
    #expect(outcome.end == .accepted && outcome.program?.text == "mended")
  }

  @Test("Limits of tokens and of time end the work with what there is")
  func limits() async throws {
    let tokens = try await solve(ScriptedRoles(roles), limits: SolveLimits(tokens: 40))
    #expect(tokens.end == .limit && (40..<50).contains(tokens.replies.answerTokens))
    let seconds = try await solve(ScriptedRoles(roles), limits: SolveLimits(seconds: 0))
    #expect(seconds.end == .limit && seconds.program == nil)
  }

  @Test("The limit of time and a cancellation hold while examples are run", .timeLimit(.minutes(10)))
  func limitsOfExamples() async throws {
    let endless = CodeTask(statement: "S", examples: Array(repeating: CodeExample(input: "", output: ""), count: 3000))
    let late = try await solve(
      ScriptedRoles(roles), task: endless, limits: SolveLimits(seconds: 0.5), secondsOfExample: 0.1)
    #expect(late.end == .limit && late.program?.text == "first")
    let control = SolveControl()
    async let cancelled = solve(ScriptedRoles(roles), task: endless, control: control, secondsOfExample: 0.1)
    try await Task.sleep(for: .milliseconds(300))
    control.cancel()
    #expect(try await cancelled.end == .cancelled)
  }

  @Test("A language that cannot be run is a failure with its code, told as an event too")
  func language() async throws {
    await #expect(throws: ReportedError(.languageUnavailable, "python")) {
      _ = try await solve(ScriptedRoles(roles), languages: [])
    }
    #expect(events.all.last == .failed(code: "language_unavailable", message: "python"))
  }

  @Test("Events come in the order of the work")
  func eventOrder() async throws {
    _ = try await solve(ScriptedRoles(roles), good: ["mended"])
    let words = events.all.compactMap { event -> String? in
      switch event {
      case .started: "started"
      case .roleStarted(let role, _, let round): role.rawValue + (round.map { "\($0)" } ?? "")
      case .piece: nil
      case .retrieved: "retrieved"
      case .planned(let plan): "plan \(plan.number)" + (plan.confidence.map { " \($0)" } ?? "")
      case .programWritten(let program): program.text
      case .exampleRun(let number, let verdict): "\(number) \(verdict.kind.rawValue)"
      case .finished(let outcome): outcome.end.rawValue
      case .failed: "failed"
      }
    }
    #expect(
      words == [
        "started", "retriever", "retrieved", "planner", "plan 0", "plan 0 20", "planner", "plan 1", "plan 1 90",
        "planner",
        "plan 2", "plan 2 20", "coder", "first", "0 accepted", "1 wrong_answer", "debugger1", "plan 1 90", "mended",
        "0 accepted", "1 accepted", "passed",
      ])
  }

  @Test("The single shot asks once and runs what it gets")
  func singleShot() async throws {
    let model = ScriptedRoles(roles)
    let loop = CodeLoop(model: model, checker: ScriptedChecking(good: ["first"]))
    let outcome = try await loop.solveAtOnce(task)
    #expect(outcome.end == .passed && model.asked.count == 1)
    #expect(model.asked[0].prompt.hasSuffix("\n\nWrite the program in python."))
  }
}
