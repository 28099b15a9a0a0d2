// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Records
import SessionInterface

/// One request on its way: which turn is next, what it has cost so far, what was written.
struct RequestRun {
  let request: BatchRequest
  var warnings: [String] = []
  var hasFailed = false
  private let answered: Set<Int>
  private let output: ResumableRecords<AnsweredTurn>
  private var turnIndex = 0
  private var ingestSeconds = 0.0
  private var isStopped = false

  /// - Parameter answered: turns that an earlier run has written; they are answered again, for later turns build on
  ///   them, but not written again.
  init(request: BatchRequest, answered: Set<Int>, output: ResumableRecords<AnsweredTurn>) {
    self.request = request
    self.answered = answered
    self.output = output
  }

  /// The turn to answer next; nil when all are answered or the run was interrupted.
  var nextTurn: BatchRequest.Turn? {
    isStopped || turnIndex >= request.turns.count ? nil : request.turns[turnIndex]
  }

  var isComplete: Bool { turnIndex >= request.turns.count }

  mutating func stop() {
    isStopped = true
  }

  /// Runs work that counts as taking in the stream.
  mutating func measureIngest(_ work: () throws(ReportedError) -> Void) throws(ReportedError) {
    let start = ContinuousClock.now
    try work()
    ingestSeconds += (ContinuousClock.now - start) / .seconds(1)
  }

  mutating func write(
    _ summary: AnswerSummary, at time: Double?, _ statistics: SessionStatistics, visionTokensRead: Int
  ) throws(ReportedError) {
    let result = BatchResult(
      id: request.id, turn: turnIndex, at: time, summary: summary, statistics: statistics,
      visionTokensRead: visionTokensRead, ingestSeconds: ingestSeconds, warnings: warnings)
    if !answered.contains(turnIndex) { try output.write(result.json) }
    advance()
  }

  mutating func writeFailure(_ error: ReportedError) throws(ReportedError) {
    hasFailed = true
    if !answered.contains(turnIndex) {
      try output.write(BatchResult.failure(id: request.id, turn: turnIndex, error: error))
    }
    advance()
  }

  /// Writes one record a turn that is still open; a request without turns gets one of its own.
  mutating func writeFailureOfTheRest(_ error: ReportedError) throws(ReportedError) {
    if request.turns.isEmpty { try output.write(BatchResult.failure(id: request.id, turn: nil, error: error)) }
    while nextTurn != nil { try writeFailure(error) }
  }

  private mutating func advance() {
    turnIndex += 1
    ingestSeconds = 0
    warnings = []
  }
}
