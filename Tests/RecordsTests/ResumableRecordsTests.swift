// SPDX-License-Identifier: Apache-2.0

import Foundation
import Records
import TestSupport
import Testing

@Suite("Resuming a result file")
struct ResumableRecordsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func contents(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  @Test("Answered turns are found again; errors and a last line that was cut off are taken out to be made again")
  func resume() throws {
    let path = try folder.write(
      """
      {"id":"a","turn":0,"status":"ok"}
      {"id":"a","turn":1,"status":"error","error":{}}
      {"id":"b","turn":0,"status":"ok"}
      {"id":"task","status":"ok"}
      {"id":"c","turn":0,"sta
      """, to: "out.jsonl")
    let output = try ResumableRecords<AnsweredTurn>(path: path, isResuming: true)
    #expect(output.answeredTurns == ["a": [0], "b": [0], "task": [0]])
    try output.write(["id": "c"])
    #expect(
      try contents(path) == """
        {"id":"a","turn":0,"status":"ok"}
        {"id":"b","turn":0,"status":"ok"}
        {"id":"task","status":"ok"}
        {"id":"c"}

        """)
  }

  @Test("A run that does not resume empties the file")
  func fresh() throws {
    let path = try folder.write("{\"id\":\"a\",\"status\":\"ok\"}\n", to: "out.jsonl")
    let output = try ResumableRecords<AnsweredTurn>(path: path, isResuming: false)
    #expect(output.records.isEmpty)
    #expect(try contents(path).isEmpty)
  }

  @Test("Where there is no file yet, nothing is answered", arguments: [false, true])
  func noFile(isResuming: Bool) throws {
    let path = folder.path("new.jsonl")
    let output = try ResumableRecords<AnsweredTurn>(path: path, isResuming: isResuming, header: ["suite": "s"])
    #expect(output.records.isEmpty)
    #expect(try contents(path) == "{\"suite\":\"s\"}\n")
  }

  @Test("The first line is written anew and is no record")
  func header() throws {
    let path = try folder.write("{\"suite\":\"old\"}\n{\"id\":\"a\",\"status\":\"ok\"}\n", to: "out.jsonl")
    let output = try ResumableRecords<AnsweredTurn>(path: path, isResuming: true, header: ["suite": "s"])
    #expect(output.records.map(\.id) == ["a"])
    #expect(try contents(path) == "{\"suite\":\"s\"}\n{\"id\":\"a\",\"status\":\"ok\"}\n")
  }

  @Test("What cannot be written or resumed is refused by name", arguments: [false, true])
  func refused(isResuming: Bool) throws {
    for path in ["/nonexistent/out.jsonl", folder.url.path] {
      let error = try #require(throws: ReportedError.self) {
        try ResumableRecords<AnsweredTurn>(path: path, isResuming: isResuming)
      }
      #expect(error.code == .outputUnwritable && error.message.contains(path))
    }
  }
}
