// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Foundation
import Testing

@Suite("A report")
struct ReportTests {
  private func report(_ figures: [BenchmarkResult], threads: Int = 2) -> BenchmarkReport {
    BenchmarkReport(
      machine: Machine(
        processor: "P", instructions: "AVX2", threads: threads, processors: 4, cacheBytes: 1 << 20,
        memoryBytes: 1 << 30, system: "Linux"),
      subject: .init(name: "M", weightBytes: 12, types: "Q4_0, F32", cacheType: "f16"), figures: figures,
      isComplete: true)
  }

  private func figure(
    _ part: BenchmarkPart, _ place: String, _ unit: BenchmarkResult.Unit, _ values: [Double]
  ) throws -> BenchmarkResult {
    BenchmarkResult(part, place: place, unit: unit, value: try #require(MedianRange(values)))
  }

  private func withFile<T>(_ text: String, _ body: (String) throws -> T) throws -> T {
    let url = FileManager.default.temporaryDirectory.appending(path: "report-\(UUID().uuidString).json")
    try Data(text.utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(url.path)
  }

  @Test("is read as it was written")
  func roundTrip() throws {
    let decode = try #require(
      BenchmarkResult.decoding(
        place: "0 held", secondsPerToken: [0.1, 0.3], bytesPerToken: 5, bandwidths: [1e9, 2e9, 3e9],
        isWithinCaches: false))
    let whole = report([try figure(.prefill, "32 tokens", .tokensPerSecond, [1.25, 3]), decode])
    let read = try withFile(whole.json) { try BenchmarkReport(path: $0) }
    #expect(read == whole)
    #expect(!whole.json.contains("\n"))
  }

  @Test(
    "that is none is refused with the reason",
    arguments: [
      ("", "not valid JSON"), ("{}", "lacks machine"), (#"{"machine":7}"#, "machine is not"),
    ])
  func unreadable(text: String, word: String) throws {
    try withFile(text) { path in
      let error = #expect(throws: BenchmarkError.self) { try BenchmarkReport(path: path) }
      let message = try #require(error).message
      #expect(message.contains(word) && message.contains(path), "\(message)")
    }
  }

  @Test("compared with another says what has changed by more than the spread")
  func comparison() throws {
    let old = report([
      try figure(.prefill, "32 tokens", .tokensPerSecond, [90, 100, 110]),
      try figure(.decode, "0 held", .tokensPerSecond, [50]), try figure(.pass, "", .seconds, [2]),
      try figure(.answer, "", .seconds, [1, 2]), try figure(.memory, "", .bytes, [100]),
    ])
    let new = report(
      [
        try figure(.prefill, "32 tokens", .tokensPerSecond, [105, 120]),
        try figure(.decode, "0 held", .tokensPerSecond, [25]), try figure(.pass, "", .seconds, [1]),
        try figure(.answer, "", .seconds, [3]), try figure(.prefill, "64 tokens", .tokensPerSecond, [1]),
      ], threads: 1)
    let comparison = BenchmarkComparison(old: old, new: new)
    #expect(comparison.rows.map(\.verdict) == [.withinSpread, .worse, .better, .worse])
    #expect(comparison.rows.map(\.name) == ["prefill, 32 tokens", "decode, 0 held", "pass", "answer"])
    #expect(comparison.rows[0].ratio == 1.125)
    #expect(comparison.rows[0].ratioRange == 105.0 / 110...120.0 / 90)
    #expect(comparison.onlyOld == ["memory"] && comparison.onlyNew == ["prefill, 64 tokens"])
    #expect(comparison.differences == ["threads: 2 → 1"])
  }
}

@Suite("A machine")
struct MachineTests {
  @Test("is described by what its kernel says")
  func described() throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "machine-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    let caches = root.appending(path: "sys/devices/system/cpu/cpu0/cache")
    for (index, size) in ["32K", "1024K", "16M"].enumerated() {
      let folder = caches.appending(path: "index\(index)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data((size + "\n").utf8).write(to: folder.appending(path: "size"))
    }
    let proc = root.appending(path: "proc")
    try FileManager.default.createDirectory(at: proc, withIntermediateDirectories: true)
    try Data("processor\t: 0\nmodel name\t: Small CPU @ 1 GHz\n".utf8).write(to: proc.appending(path: "cpuinfo"))
    try Data("MemTotal: 2048 kB\n".utf8).write(to: proc.appending(path: "meminfo"))
    let machine = Machine.current(threads: 3, root: root.path)
    #expect(machine.processor == "Small CPU @ 1 GHz")
    #expect(machine.cacheBytes == 16 << 20 && machine.memoryBytes == 2 << 20)
    #expect(machine.title.contains("Small CPU") && machine.title.contains("3 of "))
  }

  @Test("of which nothing is known has a title all the same")
  func unknown() {
    let machine = Machine.current(threads: 1, root: "/nonexistent")
    #expect(machine.processor == "unknown processor" && machine.cacheBytes == 0)
  }
}
