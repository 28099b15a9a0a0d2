// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Foundation
import Inference
import ModelFile
import Records
import TestSupport
import Testing

@Suite("A LoRA adapter is used beside the language model's weights")
struct AdapterLoadingTests {
  /// Writes an adapter of rank 1 that adds `value` times the sum of its inputs to every output of the first queries.
  private func adapter(adding value: Float, to folder: TemporaryFolder) throws -> String {
    let path = folder.path("adapter-\(value).gguf")
    let writer = try GGUFWriter(
      path: path,
      metadata: GGUFMetadata([
        "general.architecture": .string("qwen2vl"), "general.type": .string("adapter"),
        "adapter.type": .string("lora"), "adapter.lora.alpha": .float32(1),
      ]),
      tensors: [
        .init(name: "blk.0.attn_q.weight.lora_a", dimensions: [256, 1], type: .f32),
        .init(name: "blk.0.attn_q.weight.lora_b", dimensions: [1, 256], type: .f32),
      ])
    for number in [1, value] {
      try [Float](repeating: number, count: 256).withUnsafeBytes { try writer.append($0) }
    }
    try writer.finish()
    return path
  }

  private func answer(adapter: String?) throws -> String {
    var paths = try ModelPaths.resolve(languageModel: nil)
    paths.adapter = adapter
    var options = DialogueOptions()
    options.maximumAnswerTokens = 12
    let dialogue = try VideoDialogue(model: try LoadedModel(paths: paths, threads: 1), options: options)
    return try dialogue.answer("What came first?", at: 0).text
  }

  @Test("An adapter of zeros changes nothing, a large one does")
  func changesAnswers() throws {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let plain = try answer(adapter: nil)
    #expect(try answer(adapter: adapter(adding: 0, to: folder)) == plain)
    #expect(try answer(adapter: adapter(adding: 50, to: folder)) != plain)
  }

  @Test("A file that is no adapter is refused by its name")
  func refusesOtherFiles() throws {
    var paths = try ModelPaths.resolve(languageModel: nil)
    paths.adapter = paths.languageModel
    let error = try #require(throws: ReportedError.self) { _ = try LoadedModel(paths: paths, threads: 1) }
    #expect(error.code == .modelUnreadable)
    #expect(error.message.contains(paths.languageModel))
  }
}
