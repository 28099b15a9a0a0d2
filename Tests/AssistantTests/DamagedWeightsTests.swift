// SPDX-License-Identifier: Apache-2.0

import Assistant
import Dialogue
import Foundation
import Inference
import ModelFile
import SessionInterface
import TestSupport
import Testing

@Suite("A session whose model gives values that are not numbers")
struct DamagedWeightsTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("model.gguf")
    let original = try ModelPaths.resolve(languageModel: nil, vision: .beside)
    try FileManager.default.copyItem(atPath: original.languageModel, toPath: path)
  }

  /// Writes the scale of a tensor's first block.
  ///
  /// - Returns: the bytes that were there.
  private func write(_ scale: Data) throws -> Data {
    let tensor = try GGUFFile(path: path).requiredTensor("blk.1.ffn_down.weight")
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try handle.seek(toOffset: UInt64(tensor.byteOffset))
    let before = try handle.read(upToCount: 2) ?? Data()
    try handle.seek(toOffset: UInt64(tensor.byteOffset))
    try handle.write(contentsOf: scale)
    try handle.close()
    return before
  }

  @Test("says which layer, goes on, and answers when the weights are right again", .timeLimit(.minutes(5)))
  func recovery() async throws {
    let good = try write(Data([0, 0x7E]))
    // Weights that are used where the file is mapped, so that they can be mended.
    nonisolated(unsafe) let model = try LoadedModel(
      paths: ModelPaths(languageModel: path, vision: nil, isEmbedded: false), threads: 1,
      memory: ModelLoadingOptions(isMappedOnly: true))
    let events = try EventMailbox()
    let session = try Session(model: model, options: DialogueOptions(), video: nil, sourceName: nil, events: events)
    var failures: [String] = []
    var answers: [String] = []
    await session.run(telling: events) { event in
      switch event {
      case .ready: session.send(.ask("hello"))
      case .answerFailed(let code, let message):
        #expect(code == "computation_failed")
        failures.append(message)
        if failures.count == 2 { #expect(throws: Never.self) { _ = try write(good) } }
        session.send(failures.count < 4 ? .ask("hello") : .quit)
      case .answerFinished(let summary):
        answers.append(summary.text)
        session.send(answers.count < 2 ? .ask("hello") : .quit)
      default: break
      }
    }
    #expect(failures.count == 2)
    for message in failures { #expect(message.contains("layer blk.1 gives values that are not numbers")) }
    let whole = try LoadedModel(
      paths: ModelPaths(languageModel: path, vision: nil, isEmbedded: false), threads: 1,
      memory: ModelLoadingOptions(isMappedOnly: true))
    let expected = try VideoDialogue(model: whole, options: DialogueOptions()).answer("hello", at: 0)
    #expect(answers.first == expected.text)
  }
}
