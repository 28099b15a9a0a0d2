// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Foundation
import TestSupport
import Testing

@Suite("A report")
struct BenchmarkReportTests {
  private func report(_ results: [BenchmarkResult], threads: Int = 2) -> BenchmarkReport {
    BenchmarkReport(
      machine: Machine(
        processor: "P", instructions: "AVX2", threads: threads, processors: 4, cacheBytes: 1 << 20,
        memoryBytes: 1 << 30, system: "Linux"),
      model: .init(name: "M", weightBytes: 12, types: "Q4_0, F32", cacheType: "f16"), results: results,
      isComplete: true)
  }

  private func result(
    _ part: BenchmarkPart, _ condition: String, _ unit: BenchmarkResult.Unit, _ values: [Double]
  ) throws -> BenchmarkResult {
    BenchmarkResult(part, condition: condition, unit: unit, value: try #require(MedianRange(values)))
  }

  private func withFile<T>(_ text: String, _ body: (String) throws -> T) throws -> T {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    return try body(try folder.write(text, to: "report.json"))
  }

  @Test("is read as it was written")
  func roundTrip() throws {
    let decode = try #require(
      BenchmarkResult.decoding(
        condition: "context 0", secondsPerToken: [0.1, 0.3], bytesPerToken: 5, bandwidths: [1e9, 2e9, 3e9],
        isWithinCaches: false))
    let whole = report([try result(.prefill, "32 tokens", .tokensPerSecond, [1.25, 3]), decode])
    let read = try withFile(whole.json) { try BenchmarkReport(path: $0) }
    #expect(read == whole)
    #expect(!whole.json.contains("\n"))
  }

  @Test(
    "that is none is refused with the reason",
    arguments: [
      ("", "not valid JSON"), ("{}", "lacks machine"), (#"{"machine":7}"#, "machine has another type"),
    ])
  func unreadable(text: String, word: String) throws {
    try withFile(text) { path in
      let error = #expect(throws: BenchmarkError.self) { try BenchmarkReport(path: path) }
      let message = try #require(error).message
      #expect(message.contains(word) && message.contains(path), "\(message)")
    }
  }

  @Test("of an earlier version is refused by name")
  func oldFormat() throws {
    try withFile(#"{"figures":[{"part":"decode","place":"0 held"}],"machine":{},"subject":{}}"#) { path in
      _ = #expect(throws: BenchmarkError.oldReport(path: path)) { try BenchmarkReport(path: path) }
    }
  }

  @Test("has snake_case keys and times in seconds")
  func keys() throws {
    let text = report([try result(.compression, "512 tokens", .seconds, [0.25])]).json
    for key in ["is_complete", "weight_bytes", "cache_type", "memory_bytes", "repetitions"] {
      #expect(text.contains("\"\(key)\":"), "\(key)")
    }
    #expect(text.contains("\"median\":0.25") && text.contains("\"unit\":\"s\""))
  }

  @Test("compared with another says what has changed beyond the ranges")
  func comparison() throws {
    let old = report([
      try result(.prefill, "32 tokens", .tokensPerSecond, [90, 100, 110]),
      try result(.decode, "context 0", .tokensPerSecond, [50]), try result(.compression, "", .seconds, [2]),
      try result(.firstToken, "", .seconds, [1, 2]), try result(.memory, "", .bytes, [100]),
    ])
    let new = report(
      [
        try result(.prefill, "32 tokens", .tokensPerSecond, [105, 120]),
        try result(.decode, "context 0", .tokensPerSecond, [25]), try result(.compression, "", .seconds, [1]),
        try result(.firstToken, "", .seconds, [3]), try result(.prefill, "64 tokens", .tokensPerSecond, [1]),
      ], threads: 1)
    let comparison = BenchmarkComparison(old: old, new: new)
    #expect(comparison.rows.map(\.verdict) == [.withinRange, .worse, .better, .worse])
    #expect(comparison.rows.map(\.name) == ["prefill, 32 tokens", "decode, context 0", "compression", "first-token"])
    #expect(comparison.rows[0].ratio == 1.125)
    #expect(comparison.rows[0].ratioRange == 105.0 / 110...120.0 / 90)
    #expect(comparison.onlyOld == ["memory"] && comparison.onlyNew == ["prefill, 64 tokens"])
    #expect(comparison.differences == ["threads: 2 → 1"])
  }
}
