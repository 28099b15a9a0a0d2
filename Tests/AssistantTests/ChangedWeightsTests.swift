// SPDX-License-Identifier: Apache-2.0

import Assistant
import Dialogue
import Foundation
import Inference
import SessionInterface
import Synchronization
import TestSupport
import Testing

@Suite("Weights that change while a model runs are reported")
struct ChangedWeightsTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("model.gguf")
    let original = try ModelPaths.resolve(languageModel: nil, vision: .beside)
    try FileManager.default.copyItem(atPath: original.languageModel, toPath: path)
  }

  private func model() throws -> LoadedModel {
    try LoadedModel(
      paths: ModelPaths(languageModel: path, vision: nil, isEmbedded: false), threads: 1,
      memory: ModelLoadingOptions(scrubRate: 1 << 30))
  }

  /// Changes the last bytes of the file, which are weights.
  private func damage() throws {
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try handle.seek(toOffset: try handle.seekToEnd() - 200)
    try handle.write(contentsOf: Data(repeating: 0x55, count: 100))
    try handle.close()
  }

  @Test("by a session, which goes on", .timeLimit(.minutes(5)))
  func session() async throws {
    nonisolated(unsafe) let model = try model()
    let events = try EventMailbox()
    let session = try Session(model: model, options: DialogueOptions(), video: nil, sourceName: nil, events: events)
    var warnings: [String] = []
    var isAnswered = false
    await session.run(telling: events) { event in
      switch event {
      case .ready: #expect(throws: Never.self) { try damage() }
      case .warning(let text):
        warnings.append(text)
        session.send(.ask("hello"))
      case .answerFinished, .answerFailed:
        isAnswered = true
        session.send(.quit)
      default: break
      }
    }
    #expect(warnings.count == 1 && warnings[0].hasPrefix("tensor blk.") && warnings[0].contains("has changed"))
    #expect(isAnswered)
  }

  @Test("in the results of a batch, and once beside them", .timeLimit(.minutes(5)))
  func batch() async throws {
    nonisolated(unsafe) let model = try model()
    let scrubber = try #require(model.scrubber)
    try damage()
    while scrubber.warnings.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    let requests = try folder.write(
      #"{"id":"a","ask":"hello"}"# + "\n" + #"{"id":"b","ask":"hello"}"# + "\n", to: "requests.jsonl")
    let collected = WarningList()
    let runner = try BatchRunner(
      model: model,
      options: BatchOptions(
        input: requests, output: folder.path("results.jsonl"), isResuming: false, dialogue: DialogueOptions(),
        stream: StreamSettings(), code: nil, logger: .init(label: "test"), report: { _ in },
        warn: { collected.add($0) }))
    let summary = try await runner.run()
    #expect(summary.finished == 2 && summary.failed == 0)
    let lines = try String(contentsOfFile: folder.path("results.jsonl"), encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 2 && lines.allSatisfy { $0.contains("has changed since it was loaded") })
    #expect(collected.all.count == 1)
  }
}

/// Warnings of a batch, from its thread.
private final class WarningList: Sendable {
  private let list = Mutex<[String]>([])

  var all: [String] { list.withLock { $0 } }

  func add(_ warning: String) { list.withLock { $0.append(warning) } }
}
