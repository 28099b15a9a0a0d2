// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("edgeassist bench")
struct BenchTests {
  private let quick = ["bench", "--quick", "--rounds", "1", "--threads", "1"]
  private let folder = FileManager.default.temporaryDirectory.appending(path: "edgeassist-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  @Test("measures the embedded model and prints a row for each figure")
  func table() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let run = try await Program.run(quick + ["--json", "new.json"], folder: folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.isEmpty, "no progress is drawn without a terminal")
    for word in [
      "load", "bandwidth", "prefill, 32 tokens", "decode, 256 held", "vision, ", "pictures/s", "pass, 512 tokens",
      "answer, ", "memory", "GB/s", "1 of ",
    ] {
      #expect(run.output.contains(word), "\(word)")
    }
    let same = try await Program.run(["bench", "--compare", "new.json", "new.json"], folder: folder)
    #expect(same.status == 0, "\(same.errors)")
    #expect(same.output.contains("1.000") && same.output.contains("within the spread"))
    #expect(!same.output.contains("better") && !same.output.contains("worse"))
  }

  @Test("gives scripts one JSON object")
  func json() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let run = try await Program.run(
      quick + ["--only", "prefill,vision", "--lengths", "16", "--picture", "60x60", "--json", "-"])
    #expect(run.status == 0, "\(run.errors)")
    let report = try #require(run.records.first)
    #expect(run.records.count == 1 && report["is_complete"] as? Bool == true)
    let figures = try #require(report["figures"] as? [[String: Any]])
    #expect(figures.map { $0["part"] as? String } == ["prefill", "vision"])
    #expect(figures[1]["place"] as? String == "56 × 56", "sides are what the tower takes")
  }

  @Test(
    "says with status 64 what there is",
    arguments: [
      (["--only", "dance"], "prefill"), (["--shape", "qwen1"], "qwen2-vl-2b"), (["--keep", "x.gguf"], "--shape"),
      (["--shape", "qwen2-0.5b", "--type", "q9"], "q4_0"), (["--shape", "qwen2-0.5b", "--model", "x"], "excludes"),
      (["--compare", "one"], "two files"), (["--lengths", "0"], "--lengths"), (["--picture", "big"], "--picture"),
    ])
  func wrongUsage(arguments: [String], word: String) async throws {
    let run = try await Program.run(["bench"] + arguments)
    #expect(run.status == 64)
    #expect(run.errors.contains(word), "\(run.errors)")
  }

  @Test("says with status 2 what cannot be read or written")
  func unusable() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let report = try await Program.run(["bench", "--compare", "/nonexistent/a", "/nonexistent/b"])
    #expect(report.status == 2 && report.errors.contains("/nonexistent/a"))
    let output = try await Program.run(quick + ["--json", "/nonexistent/file"])
    #expect(output.status == 2 && output.errors.contains("/nonexistent/file"))
    let taken = folder.appending(path: "taken.gguf")
    try Data("something".utf8).write(to: taken)
    let keep = try await Program.run(["bench", "--shape", "qwen2-0.5b", "--keep", taken.path])
    #expect(keep.status == 2 && keep.errors.contains("taken.gguf"))
    #expect(try Data(contentsOf: taken) == Data("something".utf8))
  }
}
