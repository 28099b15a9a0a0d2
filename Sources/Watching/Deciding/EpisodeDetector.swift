// SPDX-License-Identifier: Apache-2.0

/// Makes episodes of a question's scores, block by block: it begins where some of the latest blocks speak for it, and
/// ends after some in a row that speak against it. A single flicker is neither.
package struct EpisodeDetector: Sendable {
  /// What a block has changed.
  package enum Change: Sendable, Equatable {
    /// It began; `votes` of the latest blocks speak for it.
    case began(votes: Int)
    /// It ended after as many seconds.
    case ended(seconds: Double)
  }

  package let thresholds: EpisodeThresholds
  /// Whether what lasts for an hour becomes part of the background. It would otherwise hide whatever comes after it.
  private let becomesUsual: Bool
  package private(set) var background: ScoreBackground
  /// Stream time at which the episode began that has not ended, in seconds.
  package private(set) var began: Double?
  /// Stream time of the latest block that spoke for it, in seconds.
  package private(set) var lastSeen: Double?
  /// Evidence of the latest block, in spreads.
  package private(set) var evidence = 0.0
  /// The most evidence of the episode.
  private var peak = 0.0
  /// Whether each of the latest blocks spoke for it, the newest last.
  private var recent: [Bool] = []
  private var against = 0

  /// Seconds after which what lasts is part of the background.
  private static let longestEpisode = 3600.0

  package init(thresholds: EpisodeThresholds, background: ScoreBackground, becomesUsual: Bool = true) {
    self.thresholds = thresholds
    self.becomesUsual = becomesUsual
    self.background = background
  }

  /// Takes the score of the next block.
  ///
  /// - Parameters:
  ///   - score: in nats; one that is no number says nothing.
  ///   - time: stream time of the block's end, in seconds.
  package mutating func add(_ score: Double, at time: Double) -> Change? {
    guard score.isFinite else { return nil }
    evidence = background.evidence(of: score)
    let isFor = evidence > thresholds.on
    if isFor { lastSeen = time }
    recent = recent.suffix(EpisodeThresholds.ofBlocks - 1) + [isFor]
    guard let began else {
      let votes = recent.count { $0 }
      if votes >= EpisodeThresholds.votes || evidence > thresholds.certain {
        (self.began, against, peak) = (time, 0, evidence)
        return .began(votes: votes)
      }
      // What may be the beginning of an episode is no background.
      if !isFor { background.add(score) }
      return nil
    }
    peak = max(peak, evidence)
    against = evidence < ending ? against + 1 : 0
    let isUsual = becomesUsual && time - began > Self.longestEpisode
    guard against >= EpisodeThresholds.endingBlocks || isUsual else { return nil }
    if isUsual { background = ScoreBackground(grey: score) }
    (self.began, recent) = (nil, [])
    return .ended(seconds: time - began)
  }

  /// Evidence below which a block speaks against the episode: little after a doubtful one. What was certain and is now
  /// doubtful is over.
  private var ending: Double { min(thresholds.on, max(thresholds.off, peak * Self.endingShare)) }

  /// The share of an episode's most evidence below which it may end.
  private static let endingShare = 0.25
}
