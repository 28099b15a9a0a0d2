// SPDX-License-Identifier: Apache-2.0

import Assistant
import Dialogue
import Records
import SessionInterface
import Testing

/// The lines that scripts read, byte for byte.
@Suite("Result lines of a batch")
struct TurnResultTests {
  private func result(at time: Double?, budget: Int?, warnings: [String] = []) -> TurnResult {
    var statistics = SessionStatistics()
    statistics.framesSeen = 76
    statistics.framesDropped = 2
    statistics.systemTokens = 16
    statistics.visionTokens = 128
    statistics.textTokens = 30
    statistics.retrievedTokens = 8
    statistics.budget = budget
    statistics.peakTokens = 256
    statistics.compressions = 3
    statistics.cacheBytes = 559_104
    statistics.policy = .infinipotV
    statistics.residentBytes = 84_795_392
    let summary = AnswerSummary(
      text: "A “cat”\n/ came.", stop: .end, promptTokens: 31, answerTokens: 6, firstTokenSeconds: 0.0042, seconds: 0.25)
    return TurnResult(
      at: time, summary: summary, statistics: statistics, visionTokensRead: 608, ingestSeconds: 1.5,
      warnings: warnings)
  }

  @Test("An answered turn about a video")
  func answer() {
    #expect(
      result(at: 12.5, budget: 256).json(id: "cam-1", turn: 2).text == """
        {"id":"cam-1","turn":2,"status":"ok","at":12.5,"answer":"A “cat”\\n/ came.","stop":"end",\
        "frames":{"seen":76,"dropped":2},"tokens":{"vision":608,"prompt":31,"answer":6},\
        "kv":{"policy":"infinipot-v","budget":256,"held":182,"peak":256,"compressions":3,"bytes":559104},\
        "seconds":{"ingest":1.5,"first_token":0.004,"answer":0.25},"memory":{"resident":84795392}}
        """)
  }

  @Test("An answered turn without a video or a budget, with warnings")
  func answerWithWarnings() {
    #expect(
      result(at: nil, budget: nil, warnings: ["one", "two"]).json(id: "7", turn: 0).text == """
        {"id":"7","turn":0,"status":"ok","answer":"A “cat”\\n/ came.","stop":"end",\
        "frames":{"seen":76,"dropped":2},"tokens":{"vision":608,"prompt":31,"answer":6},\
        "kv":{"policy":"infinipot-v","budget":null,"held":182,"peak":256,"compressions":3,"bytes":559104},\
        "seconds":{"ingest":1.5,"first_token":0.004,"answer":0.25},"memory":{"resident":84795392},\
        "warning":"one; two"}
        """)
  }

  @Test("A turn that could not be answered")
  func failedTurn() {
    let error = ReportedError.videoUnreadable(message: "c.mp4: no such file; check the path")
    #expect(
      TurnResult.failure(id: "a", turn: 1, error: error).text == """
        {"id":"a","turn":1,"status":"error",\
        "error":{"code":"video_unreadable","message":"c.mp4: no such file; check the path"}}
        """)
  }

  @Test("A line that is no request, with and without an id")
  func refusedLine() {
    let failure = { (id: String?) in TurnResult.failure(BatchRequestError(line: 7, id: id, reason: "it is bad")).text }
    #expect(
      failure("a") == """
        {"line":7,"id":"a","status":"error","error":{"code":"request_malformed","message":"line 7: it is bad"}}
        """)
    #expect(
      failure(nil) == """
        {"line":7,"id":null,"status":"error","error":{"code":"request_malformed","message":"line 7: it is bad"}}
        """)
  }
}
