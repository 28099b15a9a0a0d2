// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Inference
import Records
import TestSupport
import Testing

@Suite("A comparison of models", .serialized)
struct ComparisonRunnerTests {
  private let folder: TemporaryFolder
  private let text: String

  init() throws {
    folder = try TemporaryFolder()
    let sentences = (0..<40).map { "A cat came from the left at \($0), then a person stopped. " }
    text = try folder.write(sentences.joined().utf8, to: "text.txt")
  }

  private func model() throws -> LoadedModel {
    var paths = try ModelPaths.resolve(languageModel: nil, vision: nil)
    paths.vision = nil
    return try LoadedModel(paths: paths, threads: 1)
  }

  private func runner(_ options: ComparisonOptions) throws -> ComparisonRunner {
    try ComparisonRunner(reference: model(), candidate: model(), options: options)
  }

  @Test("with itself finds no difference")
  func itself() async throws {
    let (records, isInterrupted) = try await runner(ComparisonOptions(data: text, context: 32, windows: 3)).run()
    let summary = ComparisonSummary(records: records)
    #expect(!isInterrupted && summary.windows == 3 && summary.tokens == 3 * 15)
    #expect(summary.divergence.high == 0 && summary.sameTop.low == 1 && summary.perplexityRatio.value == 1)
    #expect(summary.referencePerplexity.value > 1)
  }

  @Test("goes on with the windows that a file of results lacks")
  func resumed() async throws {
    let output = folder.path("windows.jsonl")
    var options = ComparisonOptions(data: text, context: 32, windows: 2, output: output)
    let first = try await runner(options).run().records
    options.windows = 4
    options.isResuming = true
    let second = try await runner(options).run().records
    #expect(Array(second.prefix(2)) == first && second.map(\.window) == [0, 1, 2, 3])
    options.context = 64
    await #expect(throws: ReportedError.self) { try await runner(options).run() }
  }

  @Test("says what is wrong with a text", arguments: ["", "Too short.", "\u{FF}"])
  func badText(contents: String) async throws {
    let bytes = contents == "\u{FF}" ? [0xFF, 0xFE, 0x41] : Array(contents.utf8)
    let path = try folder.write(bytes, to: "bad.txt")
    await #expect { try await runner(ComparisonOptions(data: path)).run() } throws: { error in
      (error as? ReportedError)?.message.contains("bad.txt") == true
    }
  }
}
