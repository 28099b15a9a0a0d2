// SPDX-License-Identifier: Apache-2.0

import Foundation
import Records

/// How far a candidate's predictions are from a reference's. Intervals resample whole windows.
public struct ComparisonSummary: Sendable, Equatable, Encodable {
  /// Windows that were read.
  public var windows: Int
  /// Tokens whose predictions count.
  public var tokens: Int
  /// Perplexity of the text by the reference.
  public var referencePerplexity: ConfidenceInterval
  /// Perplexity of the text by the candidate.
  public var candidatePerplexity: ConfidenceInterval
  /// The candidate's perplexity by the reference's.
  public var perplexityRatio: ConfidenceInterval
  /// Mean Kullback-Leibler divergence of the candidate from the reference, in nats.
  public var divergence: ConfidenceInterval
  /// Quantiles of the divergence, by their rank in percent, in nats.
  public var divergenceQuantiles: [Quantile]
  /// Share of tokens for which both models find the same token the likeliest.
  public var sameTop: ConfidenceInterval
  /// Shares of tokens whose likeliest token differs, and mean divergences, by where in the scored part of a window.
  public var positions: [Position]

  /// A quantile.
  public struct Quantile: Sendable, Equatable, Encodable {
    /// Rank in percent; 100 for the largest value.
    public var percent: Double
    /// The value, in nats.
    public var value: Double
  }

  /// A part of the scored tokens of all windows.
  public struct Position: Sendable, Equatable, Encodable {
    /// The first entry of the part, from 0.
    public var first: Int
    /// Entries of the part in each window that reaches it.
    public var count: Int
    /// Share of tokens whose likeliest token differs.
    public var flips: Double
    /// Mean divergence, in nats.
    public var divergence: Double
  }

  /// Ranks of the quantiles, in percent.
  static let ranks = [50.0, 90, 99, 99.9, 100]
  /// Parts of a window, at most.
  static let parts = 8

  /// - Parameter records: windows, or answers.
  public init(records: [ComparisonRecord]) {
    windows = records.count
    tokens = records.reduce(0) { $0 + $1.divergences.count }
    func mean(_ values: (ComparisonRecord) -> [Double]) -> ConfidenceInterval {
      .mean(ofGroups: records.map { (values($0).reduce(0, +), values($0).count) })
    }
    referencePerplexity = mean(\.referenceLosses).exponential
    candidatePerplexity = mean(\.candidateLosses).exponential
    perplexityRatio = mean { zip($0.candidateLosses, $0.referenceLosses).map { $0 - $1 } }.exponential
    divergence = mean(\.divergences)
    let sorted = records.flatMap(\.divergences).sorted()
    divergenceQuantiles = Self.ranks.map { percent in
      let rank = Int((percent / 100 * Double(sorted.count)).rounded(.up)) - 1
      return Quantile(percent: percent, value: sorted.isEmpty ? 0 : sorted[min(max(rank, 0), sorted.count - 1)])
    }
    sameTop = .mean(ofGroups: records.map { (Double($0.divergences.count - $0.flips.count), $0.divergences.count) })
    positions = Self.positions(of: records)
  }

  /// The summary in the form of other evaluations' summaries.
  /// - Parameters:
  ///   - identity: of the comparison, as names and values.
  ///   - isComplete: false for a run that was stopped.
  public func json(identity: [(name: String, value: String)], isComplete: Bool) -> String {
    SnakeCaseJSON.text(of: SummaryJSON(identity: identity, isComplete: isComplete, results: [self]))
  }

  /// Windows may differ in length: a part has the entries of those that reach it.
  private static func positions(of records: [ComparisonRecord]) -> [Position] {
    let scored = records.map(\.divergences.count).max() ?? 0
    let parts = min(Self.parts, scored)
    return (0..<parts).map { part in
      let range = part * scored / parts..<(part + 1) * scored / parts
      let entries = Double(max(records.reduce(0) { $0 + range.clamped(to: $1.divergences.indices).count }, 1))
      return Position(
        first: range.lowerBound, count: range.count,
        flips: Double(records.reduce(0) { $0 + $1.flips.count(where: range.contains) }) / entries,
        divergence: records.reduce(0) {
          $0 + $1.divergences[range.clamped(to: $1.divergences.indices)].reduce(0, +)
        } / entries)
    }
  }
}

extension ConfidenceInterval {
  /// The interval of the exponential.
  fileprivate var exponential: ConfidenceInterval {
    ConfidenceInterval(value: exp(value), low: exp(low), high: exp(high))
  }
}
