// SPDX-License-Identifier: Apache-2.0

import Records

/// How a candidate answers questions beside a reference. Intervals of differences resample whole requests.
public struct AnswerComparisonSummary: Sendable, Equatable, Encodable {
  /// Questions that were asked.
  public var questions: Int
  /// Share of right answers of the reference.
  public var referenceExactMatch: ConfidenceInterval
  /// Share of right answers of the candidate.
  public var candidateExactMatch: ConfidenceInterval
  /// The candidate's share less the reference's, on the same questions.
  public var difference: ConfidenceInterval
  /// Share of questions that both answer the same.
  public var sameAnswer: ConfidenceInterval
  /// Questions that only the reference answers right.
  public var lost: Int
  /// Questions that only the candidate answers right.
  public var won: Int
  /// How both predict the tokens of the right answers; a window is an answer.
  public var answers: ComparisonSummary

  /// - Parameter records: without errors.
  public init(records: [AnswerComparisonRecord]) {
    questions = records.count
    referenceExactMatch = .share(of: records.count(where: \.referenceIsCorrect), in: records.count)
    candidateExactMatch = .share(of: records.count(where: \.candidateIsCorrect), in: records.count)
    sameAnswer = .share(of: records.count { $0.referenceAnswer == $0.candidateAnswer }, in: records.count)
    lost = records.count { $0.referenceIsCorrect && !$0.candidateIsCorrect }
    won = records.count { !$0.referenceIsCorrect && $0.candidateIsCorrect }
    let requests = Dictionary(grouping: records, by: \.id).sorted { $0.key < $1.key }
    difference = .mean(
      ofGroups: requests.map { _, records in
        (
          records.reduce(0.0) { $0 + ($1.candidateIsCorrect ? 1 : 0) - ($1.referenceIsCorrect ? 1 : 0) },
          records.count
        )
      })
    answers = ComparisonSummary(records: records.enumerated().map { $1.window($0) })
  }

  /// The summary in the form of other evaluations' summaries.
  ///
  /// - Parameters:
  ///   - identity: of the comparison, as names and values.
  ///   - isComplete: false for a run that was stopped.
  public func json(identity: [(name: String, value: String)], isComplete: Bool) -> String {
    SnakeCaseJSON.text(of: SummaryJSON(identity: identity, isComplete: isComplete, results: [self]))
  }
}
