// SPDX-License-Identifier: Apache-2.0

import Assistant
import CodeAgent
import CodeTasks
import Dialogue
import Foundation
import Inference
import InferenceTestSupport
import Records
import SessionInterface
import Testing

/// Programming tasks beside a conversation. The small model that comes with the program takes the roles: it knows
/// nothing of programs, which is enough to see who does what when. The model of the conversation is loaded once. Each
/// session loads the code model for itself, with its first task.
@Suite("A session's programming tasks", .serialized)
struct CodeSessionTests {
  private static let embedded = SharedEmbeddedModel()
  private let events: EventMailbox

  init() throws { events = try EventMailbox() }

  private let task = CodeTask(statement: "Read two integers and print their sum.")

  private func session(
    code paths: Result<CodeModelPaths, ReportedError>? = nil, limits: SolveLimits = SolveLimits(tokensOfReply: 16)
  ) throws -> Session {
    let found = try ModelPaths.resolve(languageModel: nil)
    let settings = CodeAgentSettings(
      paths: paths ?? .success(CodeModelPaths(base: found.languageModel)), threads: 1, limits: limits)
    nonisolated(unsafe) let model = try Self.embedded.get()
    return try Session(
      model: model, options: DialogueOptions(), video: nil, sourceName: nil, code: settings, events: events)
  }

  @Test("A task is worked on from its start to its end, and a question is answered beside it")
  func besideQuestions() async throws {
    let session = try session()
    var order: [String] = []
    var outcome: CodeOutcome?
    var isAnswered = false
    await session.run(telling: events) { event in
      switch event {
      case .ready: session.send(.code(task))
      case .code(.started(let started, let setup)):
        #expect(started == task && setup.adaptedRoles.isEmpty && setup.exemplarCount == 3)
        session.send(.ask("hello"))
      case .code(.roleStarted(let role, _, _)): if order.last != role.rawValue { order.append(role.rawValue) }
      case .code(.finished(let found)): outcome = found
      case .answerFinished: isAnswered = true
      case .failure(_, let message): Issue.record("\(message)")
      default: break
      }
      if isAnswered && outcome != nil { session.send(.quit) }
    }
    #expect(outcome?.end == .unchecked)
    #expect(order.starts(with: ["retriever", "planner", "coder"]))
    #expect((outcome?.replies.answerTokens ?? 0) > 0)
  }

  // The small model is quick, so that what stops a task is sent right behind it: later could be too late.

  @Test("A task that is cancelled ends as such, and can be tried again")
  func cancelAndRetry() async throws {
    let session = try session()
    var started: [String] = []
    var ends: [CodeOutcome.End] = []
    await session.run(telling: events) { event in
      switch event {
      case .ready:
        session.send(.code(task))
        session.send(.cancelCode)
      case .code(.started(let task, _)): started.append(task.statement)
      case .code(.finished(let outcome)):
        ends.append(outcome.end)
        session.send(ends.count == 1 ? .retryCode : .quit)
      case .failure(_, let message): Issue.record("\(message)")
      default: break
      }
    }
    #expect(started == [task.statement, task.statement] && ends == [.cancelled, .unchecked])
  }

  @Test("A new task stops the one under way")
  func replaces() async throws {
    let session = try session()
    let other = CodeTask(statement: "Print 1.")
    var started: [String] = []
    var ends: [CodeOutcome.End] = []
    await session.run(telling: events) { event in
      switch event {
      case .ready:
        session.send(.code(task))
        session.send(.code(other))
      case .code(.started(let task, _)): started.append(task.statement)
      case .code(.finished(let outcome)):
        ends.append(outcome.end)
        if ends.count == 2 { session.send(.quit) }
      default: break
      }
    }
    #expect(started == [task.statement, other.statement] && ends == [.cancelled, .unchecked])
  }

  @Test("Leaving while a task is under way ends it and the session")
  func quits() async throws {
    let session = try session()
    var ends: [CodeOutcome.End] = []
    await session.run(telling: events) { event in
      switch event {
      case .ready:
        session.send(.code(task))
        session.send(.quit)
      case .code(.finished(let outcome)): ends.append(outcome.end)
      default: break
      }
    }
    #expect(ends == [.cancelled])
  }

  @Test("What cannot be done is said, and the session goes on")
  func failures() async throws {
    let session = try session()
    var codes: [String] = []
    await session.run(telling: events) { event in
      switch event {
      case .ready:
        for command in [
          SessionCommand.cancelCode, .acceptCode, .retryCode, .saveProgram(path: "/tmp/none.py"), .shareProgram,
        ] { session.send(command) }
        session.send(.ask("hello"))
      case .failure(let code, _): codes.append(code)
      case .answerFinished: session.send(.quit)
      default: break
      }
    }
    #expect(codes == Array(repeating: "unsupported", count: 5))
  }

  @Test("A coder that cannot be loaded is a failure of the task alone")
  func missingModel() async throws {
    let session = try session(code: .success(CodeModelPaths(base: "/nonexistent/coder.gguf")))
    var failure: (code: String, message: String)?
    var isAnswered = false
    await session.run(telling: events) { event in
      switch event {
      case .ready: session.send(.code(task))
      case .code(.failed(let code, let message)):
        failure = (code, message)
        session.send(.ask("hello"))
      case .answerFinished:
        isAnswered = true
        session.send(.quit)
      default: break
      }
    }
    #expect(failure?.code == "model_unreadable" && failure?.message.contains("/nonexistent/coder.gguf") == true)
    #expect(isAnswered)
  }
}
