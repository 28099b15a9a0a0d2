// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Inference
import Records
import Testing

@Suite("A comparison of models", .serialized)
struct ComparisonRunnerTests {
  private let source: TextModel

  init() throws { source = try TextModel() }

  private func runner(_ options: ComparisonOptions) throws -> ComparisonRunner {
    try ComparisonRunner(reference: source.load(), candidate: source.load(), options: options)
  }

  @Test("with itself finds no difference")
  func itself() async throws {
    let (records, isInterrupted) = try await runner(ComparisonOptions(data: source.text, context: 32, windows: 3)).run()
    let summary = ComparisonSummary(records: records)
    #expect(!isInterrupted && summary.windows == 3 && summary.tokens == 3 * 15)
    #expect(summary.divergence.high == 0 && summary.sameTop.low == 1 && summary.perplexityRatio.value == 1)
    #expect(summary.referencePerplexity.value > 1)
  }

  @Test("goes on with the windows that a file of results lacks")
  func resumed() async throws {
    let output = source.folder.path("windows.jsonl")
    var options = ComparisonOptions(data: source.text, context: 32, windows: 2, output: output)
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
    let path = try source.folder.write(bytes, to: "bad.txt")
    await #expect { try await runner(ComparisonOptions(data: path)).run() } throws: { error in
      (error as? ReportedError)?.message.contains("bad.txt") == true
    }
  }
}
