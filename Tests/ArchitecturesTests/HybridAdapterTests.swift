// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Foundation
import ModelFile
import TestSupport
import Testing

/// LoRA adapters for models some of whose layers have a recurrent state.
@Suite("Adapters of hybrid models") struct HybridAdapterTests {
  private let model: LanguageModel

  init() throws {
    model = try LanguageModel(file: DecoderGolden("qwen3.5").file, threads: ThreadPool(threads: 1))
  }

  /// An adapter of rank 2 for one matrix, all of whose numbers are `value`.
  private func adapter(_ matrix: String, inputs: Int, outputs: Int, value: Float = 0.01) throws -> LoRAAdapter {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = folder.path("adapter.gguf")
    let metadata = GGUFMetadata([
      "general.architecture": .string("qwen35"), "general.type": .string("adapter"), "adapter.type": .string("lora"),
      "adapter.lora.alpha": .float32(2),
    ])
    let shapes = [[inputs, 2], [2, outputs]]
    let writer = try GGUFWriter(
      path: path, metadata: metadata,
      tensors: zip(["a", "b"], shapes).map { .init(name: "\(matrix).lora_\($0)", dimensions: $1, type: .f32) })
    for shape in shapes {
      let values = Array(repeating: value, count: shape.reduce(1, *))
      try writer.append(values.withUnsafeBytes { Array($0) })
    }
    try writer.finish()
    return try LoRAAdapter(file: GGUFFile(path: path), model: model)
  }

  private func logits() throws -> [Float] {
    let cache = try KeyValueCache(shape: model.configuration.cacheShape, budget: 16, policy: .infinipotV)
    let positions = (0..<4).map { MRoPEPosition(text: Int32($0)) }
    try model.prefill(tokens: [1, 2, 3, 4], positions: positions, into: cache.ticket(for: .text))
    return model.logits
  }

  @Test("queries are adapted together with what gates them")
  func gatedQueries() throws {
    let plain = try logits()
    model.adapter = try adapter("blk.3.attn_q.weight", inputs: 64, outputs: 1024)
    let adapted = try logits()
    #expect(adapted != plain)
    model.adapter = nil
    #expect(try logits() == plain)
  }

  @Test("queries without what gates them are refused")
  func halfTheQueries() {
    #expect(throws: ModelError.self) { try adapter("blk.3.attn_q.weight", inputs: 64, outputs: 512) }
  }

  @Test("a recurrent layer has no matrix of queries, and its own matrices cannot be adapted")
  func recurrentLayers() {
    let absent = #expect(throws: ModelError.self) { try adapter("blk.0.attn_q.weight", inputs: 64, outputs: 1024) }
    #expect(absent?.description.contains("does not have") == true)
    let present = #expect(throws: ModelError.self) { try adapter("blk.0.attn_qkv.weight", inputs: 64, outputs: 512) }
    #expect(present?.description.contains("cannot change here") == true)
  }
}
