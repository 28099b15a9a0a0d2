// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite("edgeassist bench")
struct BenchTests {
  private let quick = ["bench", "--quick", "--repetitions", "1", "--threads", "1"]
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("measures the embedded model and prints a row for each result")
  func table() async throws {
    let run = try await Program.run(quick + ["--json", "new.json"], folder: folder.url)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.isEmpty, "no progress is drawn without a terminal")
    for word in [
      "load", "bandwidth", "prefill, 32 tokens", "decode, context 256", "vision, ", "frames/s",
      "compression, 512 tokens", "first-token, ", "memory", "GB/s", "1 of ",
    ] {
      #expect(run.output.contains(word), "\(word)")
    }
    let same = try await Program.run(["bench", "--compare", "new.json", "new.json"], folder: folder.url)
    #expect(same.status == 0, "\(same.errors)")
    #expect(same.output.contains("1.000") && same.output.contains("the ranges overlap"))
    #expect(!same.output.contains("better") && !same.output.contains("worse"))
  }

  @Test("gives scripts one JSON object")
  func json() async throws {
    let run = try await Program.run(
      quick + ["--only", "prefill,vision", "--prompt-lengths", "16", "--image-size", "60x60", "--json", "-"])
    #expect(run.status == 0, "\(run.errors)")
    let report = try #require(run.records.first)
    #expect(run.records.count == 1 && report["is_complete"] as? Bool == true)
    let results = try #require(report["results"] as? [[String: Any]])
    #expect(results.map { $0["part"] as? String } == ["prefill", "vision"])
    #expect(results[1]["condition"] as? String == "56 × 56", "sides are multiples that the tower takes")
  }

  @Test("refuses to measure a vision tower alone where there is none")
  func withoutTower() async throws {
    let run = try await Program.run(quick + ["--only", "vision", "--mmproj", "none"])
    #expect(run.status == 2 && run.output.isEmpty && run.errors.contains("no vision tower"), "\(run.errors)")
  }

  @Test(
    "says with status 64 what there is",
    arguments: [
      (["--only", "dance"], "prefill"), (["--shape", "qwen1"], "qwen2-vl-2b"), (["--keep", "x.gguf"], "--shape"),
      (["--shape", "qwen2-0.5b", "--type", "q9"], "q4_0"), (["--shape", "qwen2-0.5b", "--model", "x"], "excludes"),
      (["--compare", "one"], "two files"), (["--prompt-lengths", "0"], "--prompt-lengths"),
      (["--image-size", "big"], "--image-size"), (["--repetitions", "0"], "--repetitions"),
    ])
  func wrongUsage(arguments: [String], word: String) async throws {
    let run = try await Program.run(["bench"] + arguments)
    #expect(run.status == 64)
    #expect(run.errors.contains(word), "\(run.errors)")
  }

  @Test("refuses to compare a report of an earlier version")
  func oldReport() async throws {
    let old = #"{"figures":[{"part":"decode","place":"0 held","unit":"tokens/s"}],"is_complete":true}"#
    try folder.write(old, to: "old.json")
    let run = try await Program.run(["bench", "--compare", "old.json", "old.json"], folder: folder.url)
    #expect(run.status == 2)
    #expect(run.errors.contains("old.json") && run.errors.contains("earlier version"), "\(run.errors)")
  }

  @Test("says with status 2 what cannot be read or written")
  func unusable() async throws {
    let report = try await Program.run(["bench", "--compare", "/nonexistent/a", "/nonexistent/b"])
    #expect(report.status == 2 && report.errors.contains("/nonexistent/a"))
    let output = try await Program.run(quick + ["--json", "/nonexistent/file"])
    #expect(output.status == 2 && output.errors.contains("/nonexistent/file"))
    let taken = folder.url.appending(path: "taken.gguf")
    try Data("something".utf8).write(to: taken)
    let keep = try await Program.run(["bench", "--shape", "qwen2-0.5b", "--keep", taken.path])
    #expect(keep.status == 2 && keep.errors.contains("taken.gguf"))
    #expect(try Data(contentsOf: taken) == Data("something".utf8))
  }
}
