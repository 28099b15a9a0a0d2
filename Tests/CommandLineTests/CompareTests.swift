// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite("edgeassist compare")
struct CompareTests {
  private let folder: TemporaryFolder
  private let model = Checkout.path("Models/edgeassist-tiny-Q8_0.gguf")
  private let text: String

  init() throws {
    folder = try TemporaryFolder()
    text = try folder.write(String(repeating: "A dog came from the right. ", count: 60).utf8, to: "text.txt")
  }

  @Test("A model is no different from itself, and a report, a summary, records and a plot come out")
  func itself() async throws {
    let (output, plot) = (folder.path("windows.jsonl"), folder.path("plot.png"))
    let summary = folder.path("summary.json")
    let run = try await Program.run([
      "compare", model, model, "--data", text, "--context", "32", "--windows", "2", "--threads", "1", "--output",
      output,
      "--json", summary, "--plot", plot,
    ])
    #expect(run.status == 0 && run.output.contains("30 tokens in 2 windows"), "\(run.errors) \(run.output)")
    let json = try #require(
      try JSONSerialization.jsonObject(with: try Data(contentsOf: URL(filePath: summary))) as? [String: Any])
    let result = try #require((json["results"] as? [[String: Any]])?.first)
    #expect((result["divergence"] as? [String: Double])?["value"] == 0)
    #expect((result["perplexity_ratio"] as? [String: Double])?["value"] == 1)
    #expect(try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").count == 3)
    #expect(try Data(contentsOf: URL(filePath: plot)).starts(with: [0x89, 0x50, 0x4E, 0x47]))
  }

  @Test("A model that computes from tables differs a little, and its records are not taken for exact ones")
  func tables() async throws {
    let output = folder.path("windows.jsonl")
    let options = ["compare", model, model, "--data", text, "--context", "32", "--windows", "2", "--threads", "1"]
    let run = try await Program.run(options + ["--nonlinear", "lut16", "--output", output, "--json", "-"])
    #expect(run.status == 0, "\(run.errors)")
    let result = try #require((run.records.first?["results"] as? [[String: Any]])?.first)
    let divergence = try #require((result["divergence"] as? [String: Double])?["value"])
    #expect(divergence > 1e-7 && divergence < 0.05, "\(divergence)")
    let resumed = try await Program.run(options + ["--output", output, "--resume"])
    #expect(resumed.status == 2 && resumed.errors.contains("lut16"), "\(resumed.errors)")
  }

  @Test("Questions with answers are asked of both models, and a report, a summary, records and a plot come out")
  func questions() async throws {
    let lines = [
      #"{"id":"v","video":"\#(Program.sample)","ask":"What is in view now?","answer":"A cat is in view."}"#,
      #"{"id":"w","ask":"What came last?","answer":"I do not see a video."}"#,
    ]
    let data = try folder.write((lines.joined(separator: "\n") + "\n").utf8, to: "requests.jsonl")
    let (output, plot, summary) = (folder.path("asked.jsonl"), folder.path("p.png"), folder.path("summary.json"))
    let run = try await Program.run([
      "compare", model, model, "--data", data, "--threads", "1", "--output", output, "--plot", plot, "--json", summary,
    ])
    #expect(run.status == 0 && run.output.contains("of 2 right answers"), "\(run.errors) \(run.output)")
    let json = try #require(
      try JSONSerialization.jsonObject(with: try Data(contentsOf: URL(filePath: summary))) as? [String: Any])
    let result = try #require((json["results"] as? [[String: Any]])?.first)
    #expect((result["same_answer"] as? [String: Double])?["value"] == 1 && result["questions"] as? Int == 2)
    #expect(try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").count == 3)
    #expect(try Data(contentsOf: URL(filePath: plot)).starts(with: [0x89, 0x50, 0x4E, 0x47]))
    let windows = try await Program.run(["compare", model, model, "--data", data, "--windows", "2"])
    #expect(windows.status == 64 && windows.errors.contains("--windows"))
  }

  @Test("Models of different vocabularies are refused")
  func otherVocabulary() async throws {
    let coder = Checkout.path("Models/edgeassist-coder-Q8_0.gguf")
    let run = try await Program.run(["compare", model, coder, "--data", text, "--threads", "1"])
    #expect(run.status == 2 && run.errors.contains("different vocabularies"), "\(run.errors)")
  }

  @Test(
    "What cannot be compared is told by its name",
    arguments: [
      (["--data", "/nonexistent/text.txt"], "/nonexistent/text.txt"),
      (["--data", "text.txt", "--context", "4"], "--context"),
      (["--data", "text.txt", "--windows", "0"], "--windows"), (["--data", "text.txt", "--resume"], "--output"),
      ([], "--data"), (["--data", "text.txt", "--output", "x", "--json", "x"], "name the same file"),
    ])
  func refused(options: [String], name: String) async throws {
    let run = try await Program.run(["compare", model, model] + options, folder: folder.url)
    #expect(run.status != 0 && run.errors.contains(name), "\(run.errors)")
  }

  @Test("A model that is missing is told by its name, and no file of results is begun")
  func missing() async throws {
    let output = folder.path("never.jsonl")
    let run = try await Program.run(["compare", model, "/nonexistent/b.gguf", "--data", text, "--output", output])
    #expect(run.status == 2 && run.errors.contains("/nonexistent/b.gguf"), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: output))
  }
}
