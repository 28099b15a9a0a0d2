// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Testing

@Suite("Summaries")
struct SummaryTests {
  private func record(
    _ configuration: String, _ budget: String?, stream: Int, question: Int, kind: QuestionKind = .first,
    isCorrect: Bool, passes: Int = 0
  ) -> AnswerRecord {
    AnswerRecord(
      configuration: configuration, budget: budget, stream: stream, streamKind: "early", question: question,
      kind: kind.rawValue, place: .early, ask: "?", expected: "A cat came first.",
      answer: isCorrect ? " A cat  came first." : "A dog came first.", error: nil, held: 100 + question, peak: 200,
      bytes: 1000, passes: passes, compressionMilliseconds: Double(passes) * 2, prefillMilliseconds: 100,
      answerMilliseconds: 5)
  }

  private func summary(_ records: [AnswerRecord]) throws -> EvaluationSummary {
    EvaluationSummary(
      records: records, configurations: [try CacheConfiguration("full"), try CacheConfiguration("uniform")],
      budgets: [try MemoryBudget(share: "1/8")])
  }

  @Test("compare with the first configuration question by question")
  func paired() throws {
    var records: [AnswerRecord] = []
    for stream in 0..<4 {
      for question in 0..<5 {
        records.append(record("full", nil, stream: stream, question: question, isCorrect: question < 4))
        records.append(
          record("uniform", "1/8", stream: stream, question: question, isCorrect: question < 2, passes: 3))
      }
    }
    let cells = try summary(records).cells
    try #require(cells.map(\.configuration) == ["full", "uniform"])
    #expect(cells[0].exact.value == 0.8 && cells[0].difference == nil)
    #expect(cells[1].exact.value == 0.4)
    // Every stream says the same, so there is no doubt.
    #expect(abs((cells[1].difference?.value ?? 0) + 0.4) < 1e-9)
    #expect(abs((cells[1].difference?.high ?? 0) + 0.4) < 1e-9)
    #expect(cells[1].held == 104, "as it was at each stream's last answer")
    #expect(cells[1].passes == 3 && abs((cells[1].secondsPerCompression ?? 0) - 0.002) < 1e-9)
    #expect(abs(cells[1].compressionShare - 0.06) < 1e-9)
  }

  @Test("break the answers down, and leave out what was not asked")
  func parts() throws {
    let summary = try summary([
      record("full", nil, stream: 0, question: 0, kind: .count, isCorrect: true),
      record("full", nil, stream: 0, question: 1, kind: .count, isCorrect: false),
      record("full", nil, stream: 0, question: 2, kind: .now, isCorrect: true),
    ])
    #expect(summary.groups(.question) == ["now", "count"])
    let parts = summary.parts(of: summary.cells[0], by: .question)
    #expect(parts.map(\.answers) == [1, 2])
    #expect(parts.map(\.exact.value) == [1, 0.5])
  }

  @Test("count what a budget was too small for as wrong, and say so")
  func refused() throws {
    var failed = record("uniform", "1/8", stream: 0, question: 0, isCorrect: true)
    failed.answer = nil
    failed.error = "too small"
    let cell = try summary([failed]).cells[0]
    #expect(cell.exact.value == 0 && cell.refused == 1)
  }
}
