// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Logging
import Records

/// Writes the results of one request, one line a turn, in the order of the turns.
struct TurnResultWriter {
  private let request: BatchRequest
  private let answered: Set<Int>
  private let output: ResumableRecords<AnsweredTurn>
  private let logger: Logger
  /// The turn that gets the next result.
  private var index = 0
  private(set) var haveFailures = false

  /// - Parameter answered: turns that an earlier run has written. They are answered again, because later turns build
  ///   on them, but not written again.
  init(
    of request: BatchRequest, answered: Set<Int>, output: ResumableRecords<AnsweredTurn>, logger: Logger
  ) {
    self.request = request
    self.answered = answered
    self.output = output
    self.logger = logger
  }

  /// The turn to answer next; nil when all have a result.
  var next: BatchRequest.Turn? { areComplete ? nil : request.turns[index] }

  /// The turn to answer next, and those that are answered at once with it; empty when all have a result.
  var nextAtOnce: ArraySlice<BatchRequest.Turn> {
    areComplete ? [] : request.turns[request.turnsAtOnce(from: index)]
  }

  /// Whether the next turn stays out of the conversation.
  var isNextIndependent: Bool { next.map { $0.isIndependent ?? request.isIndependent } ?? false }

  /// Whether all turns have a result.
  var areComplete: Bool { index >= request.turns.count }

  /// Writes the result of the next turn.
  ///
  /// - Throws: `ReportedError.outputUnwritable`.
  mutating func write(_ result: TurnResult) throws(ReportedError) {
    logger.log(result, request: request.id, turn: index)
    try write(result.json(id: request.id, turn: index))
  }

  /// Writes why the next turn has no answer.
  ///
  /// - Throws: `ReportedError.outputUnwritable`.
  mutating func fail(_ error: ReportedError) throws(ReportedError) {
    haveFailures = true
    logger.error("request \(request.id), turn \(index): \(error.code.rawValue): \(error.message)")
    try write(TurnResult.failure(id: request.id, turn: index, error: error))
  }

  /// Writes why none of the turns that are left has an answer.
  ///
  /// - Throws: `ReportedError.outputUnwritable`.
  mutating func failRest(_ error: ReportedError) throws(ReportedError) {
    haveFailures = true
    while !areComplete { try fail(error) }
  }

  private mutating func write(_ record: OrderedJSON) throws(ReportedError) {
    if !answered.contains(index) { try output.write(record) }
    index += 1
  }
}
