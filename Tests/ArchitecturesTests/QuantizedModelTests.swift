// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import ModelFile
import TestSupport
import Testing

/// Quantized weights against the same weights dequantized to 32 bits: the difference is the rounding of activations
/// to 8 bits in blocks of 32.
@Suite struct QuantizedModelTests {
  @Test("logits stay within 4 % of the dequantized weights' logits", arguments: [TensorType.q8_0, .q4_0], [1, 32])
  func logits(type: TensorType, block: Int) throws {
    let golden = try Qwen2VLGolden("grouped-by-two")
    let quantized = try QuantizedFile.file(golden.model, as: type)
    let dequantized = try QuantizedFile.dequantized(quantized)
    let difference = relativeDifference(try read(quantized, block: block), try read(dequantized, block: block))
    #expect(difference < 0.04)
    #expect(difference > 0, "the quantized weights were not used")
  }

  @Test("the rounding of weights shows: 4 bits are further from the original than 8")
  func roundingShows() throws {
    let golden = try Qwen2VLGolden("grouped-by-two")
    let original = try read(golden.model, block: 32)
    let differences = try [TensorType.q8_0, .q4_0].map { type in
      let file = try QuantizedFile.file(golden.model, as: type)
      return relativeDifference(try read(file, block: 32), original)
    }
    #expect(differences[0] < 0.1)
    #expect(differences[1] > differences[0] && differences[1] < 0.5)
  }

  private func read(_ file: GGUFFile, block: Int) throws -> [Float] {
    let model = try LanguageModel(file: file, threads: ThreadPool(threads: 2), maximumBlock: block)
    let cache = try KeyValueCache(shape: model.configuration.cacheShape, budget: 32, policy: .full)
    var timeline = MRoPEPositionAssigner()
    try model.prefill(
      tokens: (0..<20).map { $0 * 5 }, positions: timeline.text(20), into: cache.ticket(for: .system))
    return model.logits
  }
}
