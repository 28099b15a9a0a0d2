// SPDX-License-Identifier: Apache-2.0

import ModelFile

/// What became of a flipped bit.
public struct FaultOutcome: Sendable, Equatable {
  /// The bit.
  public var fault: WeightFault
  /// Whether the tensor's checksum differs.
  public var isSeenByChecksum: Bool
  /// The layer that a guard named, because its values are not numbers; nil if none did.
  public var guardedLayer: String?
  /// Whether a layer's largest value is above `FaultReport.rangeFactor` times what it is in the model as it was.
  public var isOutOfRange: Bool
  /// Kullback-Leibler divergence of the predictions from those of the model as it was, mean over tokens, in nats; nil
  /// where there are none.
  public var divergence: Double?
  /// Mean negative log-likelihood of the text less that by the model as it was, in nats a token; nil as above.
  public var lossIncrease: Double?
  /// Share of tokens with the same likeliest next token; nil as above.
  public var sameTop: Double?
}

/// What flipped bits do to a model, and what notices them.
public struct FaultReport: Sendable {
  /// Bits of one meaning.
  public struct Summary: Sendable, Equatable {
    /// What the bits are part of.
    public var meaning: TensorType.BitMeaning
    /// Share of all bits of the weights.
    public var share: Double
    /// Bits that were flipped.
    public var flips: Int
    /// Of these, those that changed the tensor's checksum.
    public var seenByChecksum: Int
    /// Those that a guard stopped.
    public var stoppedByGuard: Int
    /// Those that a limit on the layers' outputs would stop, or a guard did.
    public var outOfRange: Int
    /// Of those that no guard stopped: mean divergence, the largest, and the mean share of tokens with another
    /// likeliest next token; nil where all were stopped.
    public var meanDivergence, largestDivergence, changedTop: Double?
  }

  /// The factor on a layer's largest value above which a value counts as out of range.
  public static let rangeFactor: Float = 1.2

  /// Tokens of the text.
  public let tokens: Int
  /// Perplexity of the text by the model as it was.
  public let perplexity: Double
  /// In the order in which the bits were flipped.
  public let outcomes: [FaultOutcome]
  /// False after a stop.
  public let isComplete: Bool
  let bitCounts: [TensorType.BitMeaning: Int]

  /// One for each meaning of which bits were flipped.
  public var summaries: [Summary] {
    let all = bitCounts.values.reduce(0, +)
    return TensorType.BitMeaning.allCases.compactMap { meaning in
      let chosen = outcomes.filter { $0.fault.meaning == meaning }
      guard !chosen.isEmpty else { return nil }
      let divergences = chosen.compactMap(\.divergence)
      let tops = chosen.compactMap(\.sameTop)
      return Summary(
        meaning: meaning, share: Double(bitCounts[meaning] ?? 0) / Double(max(all, 1)), flips: chosen.count,
        seenByChecksum: chosen.count(where: \.isSeenByChecksum),
        stoppedByGuard: chosen.count { $0.guardedLayer != nil },
        outOfRange: chosen.count { $0.isOutOfRange || $0.guardedLayer != nil },
        meanDivergence: divergences.isEmpty ? nil : divergences.reduce(0, +) / Double(divergences.count),
        largestDivergence: divergences.max(),
        changedTop: tops.isEmpty ? nil : 1 - tops.reduce(0, +) / Double(tops.count))
    }
  }

  /// The flips with the greatest divergences, of those that no guard stopped.
  public func worst(_ count: Int) -> [FaultOutcome] {
    Array(outcomes.filter { $0.divergence != nil }.sorted { $0.divergence ?? 0 > $1.divergence ?? 0 }.prefix(count))
  }
}
