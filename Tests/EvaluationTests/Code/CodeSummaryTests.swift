// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Foundation
import Testing

struct CodeSummaryTests {
  private func record(
    _ way: CodeWay, _ task: Int, solved: Bool?, round: Int = 0, lost: Int = 0, tags: [String] = []
  ) -> CodeRecord {
    CodeRecord(
      way: way, task: "\(task)", kind: task < 2 ? "short" : "long", tags: tags, isSolved: solved, examples: 2,
      examplesPassed: solved == true ? 2 : 1, round: round, repliesLost: lost, answerTokens: 10, milliseconds: 500)
  }

  @Test("pass@1 is of the tasks with hidden tests, and the debugger's share of the solved ones")
  func passes() throws {
    let summary = CodeSummary(
      records: [
        record(.adapters, 0, solved: true), record(.adapters, 1, solved: true, round: 2),
        record(.adapters, 2, solved: false, lost: 1), record(.adapters, 3, solved: nil),
      ], ways: [.adapters])
    let row = try #require(summary.rows.first)
    #expect(row.tasks == 3 && row.solved == 2 && row.debuggerWins == 1 && row.repliesLost == 1)
    #expect(abs(row.passed.value - 2.0 / 3) < 1e-9 && row.seconds == 0.5 && row.answerTokens == 10)
    #expect(row.difference == nil)
  }

  @Test("A way is compared with the first on the tasks that both have worked on")
  func pairs() throws {
    let summary = CodeSummary(
      records: [
        record(.singleShot, 0, solved: true), record(.singleShot, 1, solved: false),
        record(.adapters, 0, solved: true), record(.adapters, 1, solved: true), record(.adapters, 2, solved: true),
      ], ways: [.singleShot, .adapters])
    #expect(summary.rows.map(\.way) == [.singleShot, .adapters])
    #expect(summary.rows[1].difference?.value == 0.5)
  }

  @Test("A task that could not be worked on counts as not solved")
  func failures() throws {
    var failed = record(.adapters, 1, solved: nil)
    failed.error = "no python3"
    let summary = CodeSummary(records: [record(.adapters, 0, solved: true), failed], ways: [.adapters])
    #expect(summary.rows[0].tasks == 2 && summary.rows[0].failed == 1 && summary.rows[0].passed.value == 0.5)
  }

  @Test("Kinds and tags are groups")
  func groups() {
    let summary = CodeSummary(
      records: [
        record(.adapters, 0, solved: true, tags: ["short", "open"]),
        record(.adapters, 3, solved: false, tags: ["open"]),
      ], ways: [.adapters])
    #expect(summary.groups == ["long", "short", "open"])
    #expect(summary.parts(of: .adapters).map(\.tasks) == [1, 1, 2])
    #expect(summary.parts(of: .adapters).map(\.passed.value) == [0, 1, 0.5])
  }

  @Test("A record survives being written and read")
  func records() throws {
    let one = record(.undebugged, 4, solved: true, round: 1, tags: ["open"])
    #expect(try JSONDecoder().decode(CodeRecord.self, from: Data(one.json.text.utf8)) == one)
  }
}
