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

  @Test(
    "a matrix is multiplied by its tensor `scale`, as llama.cpp's files of NVFP4 have it; `input_scale` is not read")
  func tensorScale() throws {
    let golden = try Qwen2VLGolden("grouped-by-two")
    let tensors = ["blk.0.ffn_down", "blk.1.attn_q", "token_embd"]
    // Half of each weight, and a scale of 2.
    let halved = try RewrittenFile(golden.model) { tensor, bytes in
      guard tensors.contains(where: { tensor.name == $0 + ".weight" }) else {
        return (tensor.dimensions, tensor.type, bytes)
      }
      let words = halves(bytes).flatMap { weight in
        withUnsafeBytes(of: (weight / 2).bitPattern.littleEndian) { Array($0) }
      }
      return (tensor.dimensions, .f32, words)
    }.file
    let expected = try read(golden.model, block: 32)
    #expect(relativeDifference(try read(halved, block: 32), expected) > 0.01)
    let scaled = try RewrittenFile(
      halved, added: tensors.flatMap { [($0 + ".scale", Float(2)), ($0 + ".input_scale", 3)] }
    ).file
    #expect(relativeDifference(try read(scaled, block: 32), expected) < 1e-5)
  }

  @Test("a `scale` that is not one finite number is an error that names it")
  func badScale() throws {
    let golden = try Qwen2VLGolden("grouped-by-two")
    let file = try RewrittenFile(golden.model, added: [("blk.0.ffn_up.scale", .nan)]).file
    let error = #expect(throws: ModelError.self) { try read(file, block: 32) }
    #expect(error.map { String(describing: $0).contains("blk.0.ffn_up.scale") } == true)
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
