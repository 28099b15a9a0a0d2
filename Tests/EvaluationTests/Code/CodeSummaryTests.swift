// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Records
import Testing

struct CodeSummaryTests {
  private func record(
    _ method: CodeMethod, _ task: Int, solved: Bool?, round: Int = 0, lost: Int = 0, tags: [String] = []
  ) -> CodeRecord {
    var record = CodeRecord(
      method: method, task: "\(task)", kind: task < 2 ? "short" : "long", tags: tags, examples: 2)
    record.isSolved = solved
    record.examplesPassed = solved == true ? 2 : 1
    record.round = round
    record.repliesLost = lost
    record.answerTokens = 10
    record.seconds = 0.5
    return record
  }

  @Test("pass@1 is of the tasks with hidden tests, and the debugger's share of the solved ones")
  func passes() throws {
    let summary = CodeSummary(
      records: [
        record(.adapters, 0, solved: true), record(.adapters, 1, solved: true, round: 2),
        record(.adapters, 2, solved: false, lost: 1), record(.adapters, 3, solved: nil),
      ], methods: [.adapters])
    let row = try #require(summary.rows.first)
    #expect(row.tasks == 3 && row.solved == 2 && row.debuggerWins == 1 && row.repliesLost == 1)
    #expect(abs(row.passed.value - 2.0 / 3) < 1e-9 && row.seconds == 0.5 && row.answerTokens == 10)
    #expect(row.difference == nil)
  }

  @Test("A method is compared with the first on the tasks that both have worked on")
  func pairs() throws {
    let summary = CodeSummary(
      records: [
        record(.singleShot, 0, solved: true), record(.singleShot, 1, solved: false),
        record(.adapters, 0, solved: true), record(.adapters, 1, solved: true), record(.adapters, 2, solved: true),
      ], methods: [.singleShot, .adapters])
    #expect(summary.rows.map(\.method) == [.singleShot, .adapters])
    #expect(summary.rows[1].difference?.value == 0.5)
  }

  @Test("A task that could not be worked on counts as not solved")
  func failures() throws {
    var failed = record(.adapters, 1, solved: nil)
    failed.error = "no python3"
    let summary = CodeSummary(records: [record(.adapters, 0, solved: true), failed], methods: [.adapters])
    #expect(summary.rows[0].tasks == 2 && summary.rows[0].failed == 1 && summary.rows[0].passed.value == 0.5)
  }

  @Test("Kinds and tags are groups")
  func groups() {
    let summary = CodeSummary(
      records: [
        record(.adapters, 0, solved: true, tags: ["short", "open"]),
        record(.adapters, 3, solved: false, tags: ["open"]),
      ], methods: [.adapters])
    #expect(summary.groups == ["long", "short", "open"])
    let parts = summary.rows[0].byGroup
    #expect(parts.mapValues(\.tasks) == ["long": 1, "short": 1, "open": 2])
    #expect(parts.mapValues(\.passed.value) == ["long": 0, "short": 1, "open": 0.5])
  }

  @Test("A record survives being written and read")
  func records() throws {
    let one = record(.withoutDebugger, 4, solved: true, round: 1, tags: ["open"])
    #expect(try SnakeCaseJSON.decode(CodeRecord.self, from: Data(SnakeCaseJSON.text(of: one).utf8)) == one)
  }
}
