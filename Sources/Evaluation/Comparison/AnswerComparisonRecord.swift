// SPDX-License-Identifier: Apache-2.0

/// What two models answer to a question whose answer is known, and how they predict that answer: a line of the results.
public struct AnswerComparisonRecord: Sendable, Codable, Equatable {
  /// Identifier of the request.
  public var id: String
  /// Number of the turn in the request, from 0.
  public var turn: Int
  /// The question.
  public var ask: String
  /// The right answer.
  public var expected: String
  /// The reference's answer, greedy.
  public var referenceAnswer = ""
  /// The candidate's answer, greedy.
  public var candidateAnswer = ""
  /// Negative log-likelihoods of the right answer's tokens by the reference, in nats.
  public var referenceLosses: [Double] = []
  /// Negative log-likelihoods of the right answer's tokens by the candidate, in nats.
  public var candidateLosses: [Double] = []
  /// Kullback-Leibler divergences of the candidate from the reference before each token of the right answer, in nats.
  public var divergences: [Double] = []
  /// The tokens of the right answer before which the likeliest token differs.
  public var flips: [Int] = []
  /// Why there is no result; nil if there is one.
  public var error: String?

  /// A record without answers.
  package init(id: String, turn: Int, ask: String, expected: String) {
    (self.id, self.turn, self.ask, self.expected) = (id, turn, ask, expected)
  }

  /// Whether the reference's answer is the right one, word for word. Spaces do not count.
  var referenceIsCorrect: Bool { AnswerRecord.normalized(referenceAnswer) == AnswerRecord.normalized(expected) }
  /// Whether the candidate's answer is the right one.
  var candidateIsCorrect: Bool { AnswerRecord.normalized(candidateAnswer) == AnswerRecord.normalized(expected) }

  /// Whether all lists have the same number of entries, and some.
  var isWhole: Bool {
    !divergences.isEmpty && [referenceLosses, candidateLosses].allSatisfy { $0.count == divergences.count }
      && flips.allSatisfy(divergences.indices.contains)
  }

  /// The predictions of the right answer as those of a window of text.
  func window(_ number: Int) -> ComparisonRecord {
    var record = ComparisonRecord(window: number)
    record.referenceLosses = referenceLosses
    record.candidateLosses = candidateLosses
    record.divergences = divergences
    record.flips = flips
    return record
  }

  mutating func add(_ comparison: TokenComparison) {
    if !comparison.hasSameTop { flips.append(divergences.count) }
    referenceLosses.append(comparison.referenceLoss)
    candidateLosses.append(comparison.candidateLoss)
    divergences.append(comparison.divergence)
  }
}

extension AnswerComparisonRecord: ResultRecord {}
