// SPDX-License-Identifier: Apache-2.0

import Foundation
import Records
import TestSupport
import Testing

@Suite("Resuming a result file")
struct ResumableRecordsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static var header: RecordsHeader {
    RecordsHeader(line: ["suite": "s", "model": "m"]) { line, _ throws(ReportedError) in
      if !line.contains("suite") { throw .outputUnwritable(message: "no results") }
    }
  }

  private static let headerText = #"{"suite":"s","model":"m"}"# + "\n"

  private func contents(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  @Test("Answered turns are found again; errors and a last line that was cut off are taken out to be made again")
  func resume() throws {
    let path = try folder.write(
      """
      {"id":"a","turn":0,"status":"ok","answer":""}
      {"id":"a","turn":1,"status":"error","error":{}}
      {"id":"b","turn":0,"status":"ok","answer":""}
      {"id":"task","status":"ok","code":{}}
      {"id":"c","turn":0,"sta
      """, to: "out.jsonl")
    let output = try ResumableRecords<AnsweredTurn>(path: path, isResuming: true)
    #expect(output.answeredTurns == ["a": [0], "b": [0], "task": [0]])
    try output.write(["id": "c"])
    #expect(
      try contents(path) == """
        {"id":"a","turn":0,"status":"ok","answer":""}
        {"id":"b","turn":0,"status":"ok","answer":""}
        {"id":"task","status":"ok","code":{}}
        {"id":"c"}

        """)
  }

  @Test("A run that does not resume empties the file")
  func fresh() throws {
    let path = try folder.write("{\"id\":\"a\",\"status\":\"ok\",\"answer\":\"\"}\n", to: "out.jsonl")
    let output = try ResumableRecords<AnsweredTurn>(path: path, isResuming: false)
    #expect(output.records.isEmpty)
    #expect(try contents(path).isEmpty)
  }

  @Test("Where there is no file yet, nothing is answered", arguments: [false, true])
  func noFile(isResuming: Bool) throws {
    let path = folder.path("new.jsonl")
    let output = try ResumableRecords<AnsweredTurn>(path: path, isResuming: isResuming, header: Self.header)
    #expect(output.records.isEmpty)
    #expect(try contents(path) == Self.headerText)
  }

  @Test("The first line is written again and is no record")
  func header() throws {
    let path = try folder.write(
      "{\"suite\":\"old\"}\n{\"id\":\"a\",\"status\":\"ok\",\"answer\":\"\"}\n", to: "out.jsonl")
    let output = try ResumableRecords<AnsweredTurn>(path: path, isResuming: true, header: Self.header)
    #expect(output.records.map(\.id) == ["a"])
    #expect(try contents(path) == Self.headerText + "{\"id\":\"a\",\"status\":\"ok\",\"answer\":\"\"}\n")
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

  private let first = #"{"id":"a","turn":0,"status":"ok","answer":"é"}"# + "\n"

  @Test("A last line may be cut anywhere, also within a letter")
  func cutAnywhere() throws {
    let last = Array(#"{"id":"é","turn":0,"status":"ok","answer":"ß🐈"}"#.utf8)
    for count in 0...last.count {
      let path = try folder.write(Array(first.utf8) + last.prefix(count), to: "out.jsonl")
      let output = try ResumableRecords<AnsweredTurn>(path: path, isResuming: true)
      let isWhole = count == last.count
      #expect(output.records.map(\.id) == (isWhole ? ["a", "é"] : ["a"]), "\(count) bytes")
      try output.write(["id": "next"])
      #expect(
        try contents(path) == first + (isWhole ? String(decoding: last, as: UTF8.self) + "\n" : "")
          + "{\"id\":\"next\"}\n")
    }
  }

  @Test("Zeros at the end, blank lines and line feeds of other systems are no obstacle")
  func oddEnds() throws {
    for rest in ["\0\0\0", "\n \n", "\r\n", "{\"id\":\"b\0\0"] {
      let path = try folder.write(first + rest, to: "out.jsonl")
      let output = try ResumableRecords<AnsweredTurn>(path: path, isResuming: true)
      try output.write(["id": "next"])
      #expect(try contents(path) == first + "{\"id\":\"next\"}\n")
    }
  }

  @Test("Any other line is refused by its number, and the file stays", arguments: [false, true])
  func otherContents(isResuming: Bool) throws {
    for (text, line) in [
      ("Dear diary\n", 1), ("Dear diary", 1), (first + "Dear diary\n", 2), ("\n\n" + first + "[1]\n" + first, 4),
      (#"{"id":"a","ask":"hi"}"#, 1), (first + #"{"id":"a","status":"good"}"# + "\n", 2), ("{\n \"a\": 1\n}\n", 1),
      ("\0\0\n", 1), (#"{"id":"a","status":"ok"}"#, 1), (#"{"status":"ok","answer":"x"}"# + "\n", 1),
      (#"{"id":"a","status":"error","reason":"x"}"# + "\n", 1),
    ] {
      let path = try folder.write(text, to: "diary.txt")
      let error = #expect(throws: ReportedError.self) {
        try ResumableRecords<AnsweredTurn>(path: path, isResuming: isResuming)
      }
      #expect(error?.code == .outputUnwritable)
      #expect(error?.message.contains("line \(line)") == true && error?.message.contains(path) == true, "\(text)")
      #expect(try contents(path) == text)
    }
  }

  @Test("A file of one line that was cut off stays, unless the line begins as a result does", arguments: [false, true])
  func loneCutLine(isResuming: Bool) throws {
    for text in [
      "{", "{\"", "{\"id\":\"a\",\"tur", #"{"id":"a","ask":"hi""#, #"{"status":"ok","id":"a","x"#, "\0", "\0\0\0\0",
    ] {
      for header in [nil, Self.header] {
        let path = try folder.write(text, to: "notes")
        let error = #expect(throws: ReportedError.self) {
          try ResumableRecords<AnsweredTurn>(path: path, isResuming: isResuming, header: header)
        }
        #expect(error?.code == .outputUnwritable && error?.message.contains("remove the file") == true, "\(text)")
        #expect(try contents(path) == text)
      }
    }
    for text in [
      #"{"id":"a","turn":0,"status":"ok","answer":"on"#, #"{"id":"a \" b","status":"error","err"#,
      #"{"line":7,"id":null,"status":"error","#, "{\"id\":\"a\",\"status\":\"ok\",\"code\0\0",
    ] {
      let path = try folder.write(text, to: "out.jsonl")
      let output = try ResumableRecords<AnsweredTurn>(path: path, isResuming: isResuming)
      #expect(try output.records.isEmpty && contents(path).isEmpty, "\(text)")
    }
  }

  @Test("A header that was cut off behind its first member is written again; another one is refused")
  func cutHeader() throws {
    for text in ["{\"suite\":\"s\",", "{\"suite\":\"s\",\"mod", "{\"suite\":\"s\",\0\0"] {
      let path = try folder.write(text, to: "out.jsonl")
      _ = try ResumableRecords<AnsweredTurn>(path: path, isResuming: true, header: Self.header)
      #expect(try contents(path) == Self.headerText)
    }
    let path = try folder.write("{\"other\":1}\n", to: "out.jsonl")
    for isResuming in [false, true] {
      #expect(throws: ReportedError.self) {
        try ResumableRecords<AnsweredTurn>(path: path, isResuming: isResuming, header: Self.header)
      }
    }
    #expect(try contents(path) == "{\"other\":1}\n")
  }

  @Test("Two runs do not write one file at the same time", arguments: [false, true])
  func locked(isResuming: Bool) throws {
    let path = try folder.write(first + #"{"id":"b","status":"error","error":{}}"# + "\n", to: "out.jsonl")
    let one = try ResumableRecords<AnsweredTurn>(path: path, isResuming: isResuming)
    let error = #expect(throws: ReportedError.self) {
      try ResumableRecords<AnsweredTurn>(path: path, isResuming: isResuming)
    }
    #expect(error?.message.contains("already") == true)
    try one.write(["id": "next"])
    #expect(try contents(path) == (isResuming ? first : "") + "{\"id\":\"next\"}\n")
  }

  @Test("A link stays, and a file that is taken out of keeps its mode")
  func linkAndMode() throws {
    let path = try folder.write(#"{"id":"b","status":"error","error":{}}"# + "\n" + first, to: "out.jsonl")
    chmod(path, 0o600)
    symlink("out.jsonl", folder.path("link"))
    _ = try ResumableRecords<AnsweredTurn>(path: folder.path("link"), isResuming: true)
    #expect(try contents(path) == first)
    var status = stat()
    #expect(lstat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(lstat(folder.path("link"), &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    #expect(try folder.names() == ["link", "out.jsonl"])
  }

  @Test("What is read is not written")
  func input() throws {
    let path = try folder.write(first, to: "same.jsonl")
    #expect(throws: ReportedError.self) {
      try ResumableRecords<AnsweredTurn>(path: path, inputs: [path], isResuming: false)
    }
    #expect(try contents(path) == first)
  }
}
