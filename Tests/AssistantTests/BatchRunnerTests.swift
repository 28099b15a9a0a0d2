// SPDX-License-Identifier: Apache-2.0

import Assistant
import Dialogue
import Foundation
import Inference
import InferenceTestSupport
import Logging
import Synchronization
import TestSupport
import Testing

@Suite("A batch")
struct BatchRunnerTests {
  private static let embedded = SharedEmbeddedModel()
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("Results of independent turns are written before the next turns are begun, as many as are answered at once")
  func independentTurns() async throws {
    let count = 2 * VideoDialogue.mostForks + 3
    let turns = (0..<count).map { #"{"ask":"What is \#($0)?"}"# }.joined(separator: ",")
    let request = #"{"id":"a","independent":true,"max_tokens":2,"turns":[\#(turns)]}"# + "\n"
    let input = try folder.write(request, to: "requests.jsonl")
    nonisolated(unsafe) let model = try Self.embedded.get()
    // The first result stops the run: what has been answered is written, and nothing else is begun.
    let observer = FirstResult()
    let runner = try BatchRunner(
      model: model,
      options: BatchOptions(
        input: input, output: folder.path("results.jsonl"), isResuming: false, dialogue: DialogueOptions(),
        stream: StreamSettings(), logger: Logger(label: "test") { _ in observer }, report: { _ in }))
    observer.act { runner.interrupt() }
    let summary = try await runner.run()
    #expect(summary.isInterrupted)
    let results = try String(contentsOfFile: folder.path("results.jsonl"), encoding: .utf8).split(separator: "\n")
    #expect(results.count == VideoDialogue.mostForks && results.allSatisfy { $0.contains(#""status":"ok""#) })
  }
}

/// A log that does something when it is told of the first result.
private struct FirstResult: LogHandler {
  private final class Action: Sendable {
    let body = Mutex<(@Sendable () -> Void)?>(nil)
  }

  private let action = Action()
  var logLevel = Logger.Level.info
  var metadata = Logger.Metadata()

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func act(_ body: @escaping @Sendable () -> Void) { action.body.withLock { $0 = body } }

  func log(event: LogEvent) {
    guard "\(event.message)".contains(", turn 0:") else { return }
    action.body.withLock { $0 }?()
  }
}
