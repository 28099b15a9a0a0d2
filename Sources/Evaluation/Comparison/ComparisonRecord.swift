// SPDX-License-Identifier: Apache-2.0

/// The predictions of two models in one window of a text: a line of the results.
///
/// The lists have an entry for each token that counts, in the order of the text.
public struct ComparisonRecord: Sendable, Codable, Equatable {
  /// Number of the window, from 0.
  public var window: Int
  /// Negative log-likelihoods by the reference, in nats.
  public var referenceLosses: [Double] = []
  /// Negative log-likelihoods by the candidate, in nats.
  public var candidateLosses: [Double] = []
  /// Kullback-Leibler divergences of the candidate from the reference, in nats.
  public var divergences: [Double] = []
  /// The entries whose likeliest token differs.
  public var flips: [Int] = []
  /// Why there is no result; nil if there is one.
  public var error: String?

  /// A record without entries.
  public init(window: Int) { self.window = window }

  /// Whether all lists have their entries.
  func isWhole(entries: Int) -> Bool {
    [referenceLosses, candidateLosses, divergences].allSatisfy { $0.count == entries }
      && flips.allSatisfy((0..<entries).contains)
  }

  /// Adds the entry of the next token.
  mutating func add(_ comparison: TokenComparison) {
    if !comparison.hasSameTop { flips.append(divergences.count) }
    referenceLosses.append(comparison.referenceLoss)
    candidateLosses.append(comparison.candidateLoss)
    divergences.append(comparison.divergence)
  }
}

extension ComparisonRecord: ResultRecord {}
