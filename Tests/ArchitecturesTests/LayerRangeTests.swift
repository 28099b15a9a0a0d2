// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import ModelFile
import TestSupport
import Testing

@Suite("Layers by themselves")
struct LayerRangeTests {
  private static let tokens = [5, 9, 14, 2, 77, 31, 8]

  private func cache(_ model: LanguageModel) throws -> KVAppendTicket {
    try KeyValueCache(shape: model.configuration.cacheShape, budget: 16, policy: .full).ticket(for: .text)
  }

  private func logits(_ model: LanguageModel) throws -> [Float] {
    let positions = Self.tokens.indices.map { MRoPEPosition(text: Int32($0)) }
    return try model.prefillKeepingLogits(tokens: Self.tokens, positions: positions, into: cache(model))
      .flatMap(\.self)
  }

  @Test("give together what the model gives", arguments: ["qwen3", "llama", "lfm2", "qwen3.5"], [256, 3])
  func together(name: String, block: Int) throws {
    let file = try DecoderGolden(name).file
    let pool = ThreadPool(threads: 1)
    let model = try LanguageModel(file: file, threads: pool, maximumBlock: block, instructionSet: .best)
    let whole = try logits(model)
    let layers = model.configuration.layers
    for split in 0...layers {
      var states = try model.layerInputs(of: Self.tokens)
      for range in [0..<split, split..<layers] {
        states = try model.run(layers: range, inputs: states, from: 0, into: cache(model))
      }
      #expect(relativeDifference(model.logits(ofOutputs: states).flatMap(\.self), whole) < 1e-5, "\(split)")
    }
    #expect(throws: ModelError.self) { try model.layerInputs(of: [-1]) }
  }

  @Test("compute with other matrices in place of the model's own, until they are taken away")
  func substitutes() throws {
    let file = try DecoderGolden("qwen3").file
    let model = try LanguageModel(
      file: file, threads: ThreadPool(threads: 1), maximumBlock: 8, instructionSet: .best)
    let before = try logits(model)
    let tensor = try file.requiredTensor("blk.0.ffn_gate.weight")
    let zeros = try WeightMatrix(
      name: tensor.name, type: .q8_0, rows: tensor.dimensions[1], columns: tensor.dimensions[0], filledBy: { _ in })
    try model.substitute([zeros])
    #expect(try relativeDifference(logits(model), before) > 1e-3)
    try model.substitute([])
    #expect(try logits(model) == before)
  }
}
