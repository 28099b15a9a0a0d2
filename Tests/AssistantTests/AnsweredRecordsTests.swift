// SPDX-License-Identifier: Apache-2.0

import Foundation
import Records
import Testing

struct BatchProgressTests {
  private func file(_ text: String) throws -> String {
    let path = NSTemporaryDirectory() + "edgeassist-\(UUID().uuidString).jsonl"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  @Test("Answered turns are found again; errors and a torn last line are taken out to be made anew")
  func resume() throws {
    let path = try file(
      """
      {"id":"a","turn":0,"status":"ok"}
      {"id":"a","turn":1,"status":"error","error":{}}
      {"id":"b","turn":0,"status":"ok"}
      {"id":"c","turn":0,"sta
      """)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let progress = try AnsweredRecords.resume(path: path)
    #expect(progress.answered == ["a": [0], "b": [0]])
    let left = try String(contentsOfFile: path, encoding: .utf8)
    #expect(left == "{\"id\":\"a\",\"turn\":0,\"status\":\"ok\"}\n{\"id\":\"b\",\"turn\":0,\"status\":\"ok\"}\n")
  }

  @Test("No output file yet means nothing is answered")
  func fresh() throws {
    #expect(try AnsweredRecords.resume(path: "/nonexistent/out.jsonl").answered.isEmpty)
  }
}
