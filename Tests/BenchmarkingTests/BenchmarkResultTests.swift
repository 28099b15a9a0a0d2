// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Testing

@Suite("Decoding")
struct DecodingFigureTests {
  @Test("reads all weights for a token, and what is held on average")
  func bytes() {
    #expect(DecodeBenchmark.bytesPerToken(weights: 1000, cachePerToken: 10, held: 0, written: 1) == 1010)
    #expect(DecodeBenchmark.bytesPerToken(weights: 1000, cachePerToken: 10, held: 100, written: 3) == 2020)
  }

  @Test("reaches a share of what memory gave before and after each round")
  func share() throws {
    let figure = try #require(
      BenchmarkResult.decoding(
        place: "0 held", secondsPerToken: [0.1, 0.2], bytesPerToken: 30, bandwidths: [300, 500, 100],
        isWithinCaches: false))
    #expect(figure.value == MedianRange([10, 5]))
    #expect(figure.bandwidth == MedianRange([400, 300]))
    // 300 bytes a second of 400, then 150 of 300.
    let share = try #require(figure.share)
    #expect(abs(share.highest - 0.75) < 1e-12 && abs(share.lowest - 0.5) < 1e-12)
  }

  @Test("that reads no memory has no share of it")
  func caches() throws {
    let figure = try #require(
      BenchmarkResult.decoding(
        place: "0 held", secondsPerToken: [0.1], bytesPerToken: 30, bandwidths: [300, 500], isWithinCaches: true))
    #expect(figure.share == nil && figure.note != nil)
    #expect(figure.value.median == 10)
  }

  @Test("needs a reading of memory around each round")
  func readings() {
    #expect(
      BenchmarkResult.decoding(
        place: "", secondsPerToken: [0.1, 0.1], bytesPerToken: 1, bandwidths: [1, 1], isWithinCaches: false) == nil)
  }
}
