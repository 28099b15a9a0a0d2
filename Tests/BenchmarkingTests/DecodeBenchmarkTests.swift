// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Testing

@Suite("Decoding")
struct DecodeBenchmarkTests {
  @Test("reads all weights for a token, and the cached tokens on average")
  func bytes() {
    #expect(DecodeBenchmark.bytesPerToken(weights: 1000, cachePerToken: 10, context: 0, decoded: 1) == 1010)
    #expect(DecodeBenchmark.bytesPerToken(weights: 1000, cachePerToken: 10, context: 100, decoded: 3) == 2020)
  }

  @Test("uses a ratio of the bandwidth that is measured before and after each repetition")
  func ratio() throws {
    let result = try #require(
      BenchmarkResult.decoding(
        condition: "context 0", secondsPerToken: [0.1, 0.2], bytesPerToken: 30, bandwidths: [300, 500, 100],
        isWithinCaches: false))
    #expect(result.value == MedianRange([10, 5]))
    #expect(result.bandwidth == MedianRange([400, 300]))
    // 300 bytes a second of 400, then 150 of 300.
    let ratio = try #require(result.bandwidthRatio)
    #expect(abs(ratio.highest - 0.75) < 1e-12 && abs(ratio.lowest - 0.5) < 1e-12)
  }

  @Test("within the caches has no ratio of the bandwidth")
  func caches() throws {
    let result = try #require(
      BenchmarkResult.decoding(
        condition: "context 0", secondsPerToken: [0.1], bytesPerToken: 30, bandwidths: [300, 500], isWithinCaches: true)
    )
    #expect(result.bandwidthRatio == nil && result.note != nil)
    #expect(result.value.median == 10)
  }

  @Test("needs a bandwidth before and after each repetition")
  func readings() {
    #expect(
      BenchmarkResult.decoding(
        condition: "", secondsPerToken: [0.1, 0.1], bytesPerToken: 1, bandwidths: [1, 1], isWithinCaches: false) == nil)
  }
}
