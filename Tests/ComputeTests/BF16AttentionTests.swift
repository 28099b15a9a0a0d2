// SPDX-License-Identifier: Apache-2.0

import Compute
import TestSupport
import Testing

@Suite("Attention in bfloat16")
struct BF16AttentionTests {
  @Test(
    "Attention in bfloat16 is that of floats to the precision of bfloat16",
    .enabled(if: BF16AttentionMode.isAvailable, "this processor has no AVX-512 BF16"),
    arguments: [(80, 300), (16, 17), (64, 97)])
  func bf16Attention(size: Int, count: Int) throws {
    let difference = relativeDifference(
      try attendFully(.always, size: size, count: count), try attendFully(.never, size: size, count: count))
    #expect(difference < 2e-2)
    #expect(difference > 1e-5, "nothing was rounded")
  }

  @Test(
    "A processor without bfloat16 multiplies floats, whatever is asked for",
    .enabled(if: !BF16AttentionMode.isAvailable, "this processor has AVX-512 BF16"))
  func withoutBF16() throws {
    for choice in [BF16AttentionMode.auto, .always] {
      #expect(try attendFully(choice, size: 80, count: 300) == attendFully(.never, size: 80, count: 300))
    }
  }

  private func attendFully(_ bf16Attention: BF16AttentionMode, size: Int, count: Int) throws -> [Float] {
    var samples = Samples(seed: UInt64(size))
    let width = 2 * size
    let parts = try (0..<3).map { _ in try FloatBuffer(samples.floats(count * width, scale: 2)).rows(width: width) }
    let output = try FloatBuffer(count: count * width)
    let engine = try Engine(
      threads: ThreadPool(threads: 2), maximumRows: 260, maximumColumns: 2560, maximumHeads: 4,
      bf16Attention: bf16Attention, instructionSet: .best)
    engine.attendFully(
      queries: parts[0], keys: parts[1], values: parts[2], count: count, heads: 2, headDimension: size,
      output: output.rows(width: width))
    return output.values
  }
}
