// SPDX-License-Identifier: Apache-2.0

import Assistant
import Dialogue
import Foundation
import Inference
import InferenceTestSupport
import SessionInterface
import TestSupport
import Testing
import Video

/// The session as its listeners see it: commands in, events out.
@Suite(.serialized)
struct SessionTests {
  private static let embedded = SharedEmbeddedModel()
  private let events: EventMailbox

  init() throws { events = try EventMailbox() }

  private static let sample = Checkout.sampleClip

  private func session(watching path: String? = nil, budget: Int = 4096) throws -> Session {
    nonisolated(unsafe) let model = try Self.embedded.get()
    let video = try path.map { path in
      try VideoStream(
        source: VideoSource(path),
        options: try StreamSettings(pace: .fast).options(for: model, isHeadless: true))
    }
    var options = DialogueOptions()
    options.budget = .tokens(budget)
    return try Session(model: model, options: options, video: video, sourceName: path, events: events)
  }

  @Test("A question is answered in pieces between its beginning and its end")
  func answer() async throws {
    let session = try session()
    var log: [String] = []
    var text = ""
    await session.run(telling: events) { event in
      switch event {
      case .ready(let description):
        #expect(description.isEmbeddedModel)
        session.send(.ask("hello"))
      case .answerStarted(let question): log.append("start \(question)")
      case .answerPiece(let piece): text += piece
      case .answerFinished(let summary):
        log.append("end")
        #expect(summary.text == text)
        session.send(.quit)
      default: break
      }
    }
    #expect(log == ["start hello", "end"])
    #expect(!text.isEmpty)
  }

  @Test("A stream is read to its end, and can be asked about afterwards")
  func stream() async throws {
    let session = try session(watching: Self.sample, budget: 200)
    var answer: AnswerSummary?
    var last = SessionStatistics()
    var compressions = 0
    await session.run(telling: events) { event in
      switch event {
      case .streamEnded: session.send(.ask("What came first?"))
      case .compressed: compressions += 1
      case .statistics(let statistics):
        last = statistics
        #expect(statistics.cachedTokens <= 200)
      case .answerFinished(let summary):
        answer = summary
        session.send(.quit)
      case .failure(_, let message): Issue.record("\(message)")
      default: break
      }
    }
    #expect(answer?.stop == .end)
    #expect(compressions > 0)
    #expect(last.framesSeen > 40)
    #expect(last.framesDropped == 0)
    #expect(last.residentBytes > 0)
  }

  @Test("The session is ready, and questions may come, before the model has read the system prompt")
  func readyBeforeReading() async throws {
    let session = try session()
    var systemTokens: [Int] = []
    await session.run(telling: events) { event in
      switch event {
      case .ready: #expect(systemTokens.isEmpty)
      case .statistics(let statistics):
        systemTokens.append(statistics.systemTokens)
        if statistics.systemTokens > 0 { session.send(.quit) }
      default: break
      }
    }
    #expect(systemTokens.last.map { $0 > 0 } == true)
  }

  @Test("A question is taken up before the next frame")
  func questionsGoFirst() async throws {
    let session = try session(watching: Self.sample)
    let visitor = Visitor(session: session)
    var asking: Task<Double, Never>?
    await session.run(telling: events) { event in
      switch event {
      case .frameSeen where asking == nil: asking = Task { await visitor.ask("What is in view?") }
      case .answerFinished: session.send(.quit)
      default: break
      }
    }
    let timeOfQuestion = await asking?.value
    let timeOfAnswer = await session.turns.first?.time
    #expect(timeOfQuestion != nil && timeOfAnswer == timeOfQuestion)
  }

  /// Works on a session's own thread, so that the session stands still until it is done.
  private actor Visitor {
    private let session: Session

    nonisolated var unownedExecutor: UnownedSerialExecutor { session.unownedExecutor }

    init(session: Session) {
      self.session = session
    }

    /// - Returns: the stream time that the session has taken in when it is asked.
    func ask(_ question: String) -> Double {
      session.send(.ask(question))
      return session.assumeIsolated { $0.statistics.streamTime }
    }
  }

  @Test("After the end, a seek goes on from there")
  func seek() async throws {
    let session = try session(watching: Self.sample)
    var ends = 0
    var earliest = Double.infinity
    await session.run(telling: events) { event in
      switch event {
      case .frameSeen(let time) where ends == 1: earliest = min(earliest, time)
      case .streamEnded:
        ends += 1
        session.send(ends == 1 ? .seek(seconds: 10) : .quit)
      default: break
      }
    }
    #expect(ends == 2)
    #expect(earliest >= 10)
  }

  @Test("Cancelling with nothing under way does not touch the next answer")
  func staleCancellation() async throws {
    let session = try session()
    var stop: AnswerSummary.Stop?
    await session.run(telling: events) { event in
      switch event {
      case .ready:
        session.send(.cancelAnswer)
        session.send(.ask("hello"))
      case .answerFinished(let summary):
        stop = summary.stop
        session.send(.quit)
      default: break
      }
    }
    #expect(stop == .end)
  }

  @Test("What cannot be done is said, and the session goes on")
  func failures() async throws {
    let session = try session()
    var codes: [String] = []
    var isAnswered = false
    await session.run(telling: events) { event in
      switch event {
      case .ready:
        session.send(.setBudget(tokens: 1))
        session.send(.seek(seconds: 3))
        session.send(.save(path: "/nonexistent/talk.md"))
        session.send(.ask("hello"))
      case .failure(let code, _): codes.append(code)
      case .answerFinished:
        isAnswered = true
        session.send(.quit)
      default: break
      }
    }
    // A seek needs no model and is refused at once.
    #expect(codes == ["unsupported", "budget_too_small", "output_unwritable"])
    #expect(isAnswered)
  }

  @Test("A budget that the machine has no memory for is refused with the figures, and the session goes on")
  func budgetBeyondTheMachine() async throws {
    let session = try session()
    var refusal = ""
    var last = SessionStatistics()
    await session.run(telling: events) { event in
      switch event {
      case .ready:
        session.send(.setBudget(tokens: 9_000_000_000_000))
        session.send(.ask("hello"))
      case .failure(let code, let message): refusal = "\(code): \(message)"
      case .statistics(let statistics): last = statistics
      case .answerFinished: session.send(.quit)
      default: break
      }
    }
    #expect(refusal.hasPrefix("insufficient_memory: ") && refusal.contains("9000000000000 tokens"), "\(refusal)")
    #expect(last.budget == 4096)
  }

  @Test("A question that fails ends its answer, and the session goes on")
  func failedAnswer() async throws {
    // No room for a question of this length.
    let session = try session(budget: 64)
    var log: [String] = []
    await session.run(telling: events) { event in
      switch event {
      case .ready: session.send(.ask(String(repeating: "what is there ", count: 60)))
      case .answerStarted: log.append("started")
      case .answerFailed(let code, let message):
        log.append("failed \(code)")
        #expect(message.contains("the question is too long"), "\(message)")
        session.send(log.count == 2 ? .ask("hello") : .quit)
      case .answerFinished:
        log.append("finished")
        session.send(.quit)
      case .failure(let code, _): Issue.record("\(code)")
      default: break
      }
    }
    #expect(log.starts(with: ["started", "failed budget_too_small", "started"]))
    #expect(log.count == 4)
  }

  @Test("A saved conversation holds the words of both sides")
  func save() async throws {
    let session = try session()
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = folder.path("saved.md")
    var said = ""
    await session.run(telling: events) { event in
      switch event {
      case .ready: session.send(.ask("hello"))
      case .answerFinished(let summary):
        said = summary.text
        session.send(.save(path: path))
      case .note: session.send(.quit)
      default: break
      }
    }
    let saved = try String(contentsOfFile: path, encoding: .utf8)
    #expect(saved.contains("hello") && saved.contains(said))
  }

  @Test("A conversation is saved over an earlier one, and over nothing else")
  func saveReplaces() async throws {
    let session = try session()
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = folder.path("saved")
    try "Dear diary".write(toFile: path + ".txt", atomically: false, encoding: .utf8)
    var notes: [String] = []
    var failures: [String] = []
    await session.run(telling: events) { event in
      switch event {
      case .ready: for ending in [".md", ".md", ".txt", ""] { session.send(.save(path: path + ending)) }
      case .note(let note):
        notes.append(note)
        if notes.count == 3 { session.send(.quit) }
      case .failure(_, let message): failures.append(message)
      default: break
      }
    }
    #expect(notes.count == 3)
    #expect(failures.count == 1 && failures[0].contains("not a saved conversation"), "\(failures)")
    #expect(try String(contentsOfFile: path + ".txt", encoding: .utf8) == "Dear diary")
  }

  @Test("A question is answered while a conversation waits for the reader of its pipe")
  func saveToPipe() async throws {
    let session = try session()
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = folder.path("pipe")
    #expect(mkfifo(path, 0o600) == 0)
    var log: [String] = []
    await session.run(telling: events) { event in
      switch event {
      case .ready:
        session.send(.save(path: path))
        session.send(.ask("hello"))
      case .answerFinished:
        log.append("answered")
        session.send(.quit)
      case .failure(let code, _): log.append(code)
      default: break
      }
    }
    #expect(log == ["answered", "output_unwritable"])
  }

  @Test("What is cached of each temporal patch is told while it is wanted")
  func retention() async throws {
    let session = try session(watching: Self.sample, budget: 200)
    var maps: [RetentionMap] = []
    var compressions = 0
    var isWanted = false
    await session.run(telling: events) { event in
      switch event {
      case .ready:
        session.send(.showRetention(true))
        isWanted = true
      case .retention(let map):
        #expect(isWanted)
        maps.append(map)
      case .compressed: compressions += 1
      case .streamEnded:
        session.send(.showRetention(false))
        session.send(.ask("hello"))
      case .answerStarted: isWanted = false
      case .answerFinished: session.send(.quit)
      case .failure(_, let message): Issue.record("\(message)")
      default: break
      }
    }
    #expect(compressions > 0)
    #expect(maps.count > 1)
    #expect(zip(maps, maps.dropFirst()).allSatisfy { $0.temporalPatchesSeen <= $1.temporalPatchesSeen })
    #expect(
      maps.last.map { $0.temporalPatchesSeen > 20 && $0.temporalPatches.last?.number == $0.temporalPatchesSeen - 1 }
        == true)
  }
}
