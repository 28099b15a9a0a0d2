// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Records
import Testing

@Suite("Summaries")
struct SummaryTests {
  private func record(
    _ configuration: String, _ budget: String?, stream: Int, question: Int, kind: QuestionKind = .first,
    isCorrect: Bool, compressions: Int = 0
  ) -> AnswerRecord {
    var record = AnswerRecord(
      configuration: configuration, budget: budget, stream: stream, streamKind: "early",
      question: EvaluationQuestion(
        number: question, kind: kind.rawValue, position: .early, ask: "?", answer: "A cat came first."))
    record.answer = isCorrect ? " A cat  came first." : "A dog came first."
    record.cachedTokens = 100 + question
    record.cacheBytes = 1000
    record.compressions = compressions
    record.compressionSeconds = Double(compressions) * 0.002
    record.prefillSeconds = 0.1
    record.answerSeconds = 0.005
    return record
  }

  private func summary(_ records: [AnswerRecord]) throws -> EvaluationSummary {
    EvaluationSummary(
      records: records, configurations: [try CacheConfiguration("full"), try CacheConfiguration("uniform")],
      budgets: [try EvaluationBudget(ratio: "1/8")])
  }

  @Test("compare with the first configuration question by question")
  func paired() throws {
    var records: [AnswerRecord] = []
    for stream in 0..<4 {
      for question in 0..<5 {
        records.append(record("full", nil, stream: stream, question: question, isCorrect: question < 4))
        records.append(
          record("uniform", "1/8", stream: stream, question: question, isCorrect: question < 2, compressions: 3))
      }
    }
    let rows = try summary(records).rows
    try #require(rows.map(\.configuration) == ["full", "uniform"])
    #expect(rows[0].exactMatch.value == 0.8 && rows[0].difference == nil)
    #expect(rows[1].exactMatch.value == 0.4)
    // Every stream says the same, so there is no doubt.
    #expect(abs((rows[1].difference?.value ?? 0) + 0.4) < 1e-9)
    #expect(abs((rows[1].difference?.high ?? 0) + 0.4) < 1e-9)
    #expect(rows[1].cachedTokens == 104, "at the last answer of each stream")
    #expect(rows[1].compressions == 3 && abs((rows[1].secondsPerCompression ?? 0) - 0.002) < 1e-9)
    #expect(abs(rows[1].compressionTimeRatio - 0.06) < 1e-9)
  }

  @Test("break the answers down, and leave out what was not asked")
  func parts() throws {
    let summary = try summary([
      record("full", nil, stream: 0, question: 0, kind: .count, isCorrect: true),
      record("full", nil, stream: 0, question: 1, kind: .count, isCorrect: false),
      record("full", nil, stream: 0, question: 2, kind: .now, isCorrect: true),
    ])
    #expect(summary.groups(by: .question) == ["now", "count"])
    let parts = summary.rows[0].parts(by: .question)
    #expect(parts["now"]?.answers == 1 && parts["count"]?.answers == 2)
    #expect(parts["now"]?.exactMatch.value == 1 && parts["count"]?.exactMatch.value == 0.5)
  }

  @Test("count what a budget was too small for as wrong, and say so")
  func refused() throws {
    var failed = record("uniform", "1/8", stream: 0, question: 0, isCorrect: true)
    failed.answer = nil
    failed.error = "too small"
    let row = try summary([failed]).rows[0]
    #expect(row.exactMatch.value == 0 && row.refusedStreams == 1)
  }

  @Test("are written as one JSON object with snake_case keys and times in seconds")
  func json() throws {
    let records = [record("full", nil, stream: 0, question: 0, isCorrect: true)]
    let text = try summary(records).json(identity: [("suite", "doorstep"), ("seed", "1")], isComplete: true)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(object["is_complete"] as? Bool == true)
    #expect(object["evaluation"] as? [String: String] == ["suite": "doorstep", "seed": "1"])
    let result = try #require((object["results"] as? [[String: Any]])?.first)
    #expect(
      Set(result.keys) == [
        "configuration", "answers", "exact_match", "cached_tokens", "cache_bytes", "compressions",
        "compression_time_ratio", "seconds_per_temporal_patch", "first_token_seconds", "answer_seconds",
        "resident_bytes", "refused_streams", "by_question", "by_position", "by_stream",
      ])
    #expect(result["answer_seconds"] as? Double == 0.005)
  }

  @Test("A record is a JSON object with snake_case keys and times in seconds, and is read as it was written")
  func recordJSON() throws {
    let record = record("uniform", "1/8", stream: 3, question: 1, isCorrect: true, compressions: 2)
    let text = SnakeCaseJSON.text(of: record)
    #expect(try SnakeCaseJSON.decode(AnswerRecord.self, from: Data(text.utf8)) == record)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(
      Set(object.keys) == [
        "configuration", "budget", "stream", "stream_kind", "question", "question_kind", "position", "ask", "expected",
        "answer", "is_correct", "cached_tokens", "peak_tokens", "cache_bytes", "compressions", "compression_seconds",
        "prefill_seconds", "seconds_per_temporal_patch", "first_token_seconds", "answer_seconds", "resident_bytes",
      ])
    #expect(object["compression_seconds"] as? Double == 0.004)
  }
}
