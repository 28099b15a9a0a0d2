// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Inference
import Records
import TestSupport
import Testing

@Suite("A comparison of answers", .serialized)
struct AnswerComparisonTests {
  private let folder: TemporaryFolder
  private let requests: String

  init() throws {
    folder = try TemporaryFolder()
    let lines = [
      #"{"id":"v","video":"\#(Checkout.sampleClip)","turns":[{"at":4,"ask":"What is in view now?","#
        + #""answer":"A cat is in view."},{"ask":"What came first?","answer":"Nothing came."}]}"#,
      #"{"id":"w","ask":"What came last?","answer":"I do not see a video."}"#,
    ]
    requests = try folder.write((lines.joined(separator: "\n") + "\n").utf8, to: "requests.jsonl")
  }

  private func load(_ path: String? = nil) throws -> LoadedModel {
    var paths = try ModelPaths.resolve(languageModel: nil)
    if let path { paths.languageModel = path }
    return try LoadedModel(paths: paths, threads: 1)
  }

  private func runner(
    _ options: AnswerComparisonOptions, candidate: String? = nil
  ) throws -> AnswerComparisonRunner {
    try AnswerComparisonRunner(reference: load(), candidate: load(candidate), options: options)
  }

  @Test("with itself finds no difference, in answers about a video and in others")
  func itself() async throws {
    let (records, isInterrupted) = try await runner(AnswerComparisonOptions(data: requests)).run()
    #expect(!isInterrupted && records.map(\.id) == ["v", "v", "w"] && records.map(\.turn) == [0, 1, 0])
    #expect(records.allSatisfy { $0.referenceAnswer == $0.candidateAnswer && !$0.referenceAnswer.isEmpty })
    let summary = AnswerComparisonSummary(records: records)
    #expect(summary.questions == 3 && summary.answers.tokens > 3)
    #expect(summary.sameAnswer.value == 1 && summary.difference.high == 0 && summary.lost == 0 && summary.won == 0)
    #expect(summary.answers.divergence.high == 0 && summary.answers.perplexityRatio.value == 1)
    // The embedded model says so without a video.
    #expect(records[2].referenceAnswer == "I do not see a video." && summary.referenceExactMatch.value > 0)
  }

  @Test("tells a coarser copy from the model, by the right answers' tokens")
  func coarser() async throws {
    let scaled = try ScaledModel(outliers: 1)
    let coarse = try scaled.copy("Q2_K", nil)
    let (records, _) = try await runner(AnswerComparisonOptions(data: requests), candidate: coarse).run()
    let summary = AnswerComparisonSummary(records: records)
    #expect(summary.answers.divergence.low > 0 && summary.answers.perplexityRatio.value != 1)
  }

  @Test("goes on with the questions that a file of results lacks")
  func resumed() async throws {
    var options = AnswerComparisonOptions(data: requests, questions: 1, output: folder.path("results.jsonl"))
    let first = try await runner(options).run().records
    options.questions = nil
    options.isResuming = true
    let second = try await runner(options).run().records
    #expect(first.count == 1 && second.count == 3 && second.first == first.first)
    let other = try folder.write(#"{"id":"a","ask":"Hello.","answer":"Hello!"}"#.utf8, to: "other.jsonl")
    options.data = other
    await #expect(throws: ReportedError.self) { try await runner(options).run() }
  }

  @Test("takes answers of a file of their own, and names the question that has none")
  func answersApart() async throws {
    let data = try folder.write(#"{"id":"a","ask":"What came last?"}"#.utf8, to: "asked.jsonl")
    await #expect {
      try await runner(AnswerComparisonOptions(data: data)).run()
    } throws: { ($0 as? EvaluationError)?.message.contains("asked.jsonl, line 1: turn 0 has no answer") == true }
    let answers = try folder.write(#"{"id":"a","answer":"I do not see a video."}"#.utf8, to: "answers.jsonl")
    let records = try await runner(AnswerComparisonOptions(data: data, answers: answers)).run().records
    #expect(AnswerComparisonSummary(records: records).candidateExactMatch.value == 1)
  }
}
