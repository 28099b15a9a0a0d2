// SPDX-License-Identifier: Apache-2.0

/// One watch over a stream: its episodes, and what is told of them.
package struct WatchTrack: Sendable {
  /// What is to be told.
  package enum Change: Sendable, Equatable {
    /// It is so from now on; `votes` of the latest blocks say so, nil where it is missing.
    case on(votes: Int?)
    /// It is no longer so, after as many seconds.
    case off(seconds: Double)
  }

  package let watch: Watch
  package private(set) var detector: EpisodeDetector
  /// Stream time of the latest alert, in seconds.
  private var lastAlert: Double?
  /// Alerts that came too soon after another, since the latest one that was told.
  package private(set) var suppressed = 0
  /// Alerts that were told.
  package private(set) var alerts = 0
  /// Whether an alert was told whose end was not.
  package private(set) var isOn = false
  /// What is told when the cooldown is over, if it is still so then.
  private var pending: Change?
  /// Of a `missing` watch: stream time since when nothing was seen, in seconds.
  private var missingSince: Double?
  /// Stream time since when the source has been watched without a gap, in seconds.
  private var watchedSince: Double?

  package init(_ watch: Watch, grey: Double) {
    self.watch = watch
    detector = EpisodeDetector(
      thresholds: EpisodeThresholds(watch.sensitivity), background: ScoreBackground(grey: grey),
      becomesUsual: watch.kind == .now)
  }

  /// Takes the score of the next block; nil where nothing was asked because nothing changed.
  ///
  /// - Parameter time: stream time of the block's end, in seconds.
  package mutating func add(_ score: Double?, at time: Double) -> Change? {
    watchedSince = watchedSince ?? time
    let change = score.flatMap { detector.add($0, at: time) }
    if case .missing(let seconds) = watch.kind { return missing(for: seconds, at: time) }
    switch change {
    case .began(let votes): return tell(.on(votes: votes), at: time)
    case .ended(let seconds):
      pending = nil
      guard isOn else { return nil }
      isOn = false
      return .off(seconds: seconds)
    case nil: return tellPending(at: time)
    }
  }

  /// The source was away: what may have come then is not missing.
  package mutating func noteGap() {
    (missingSince, watchedSince) = (nil, nil)
    if watch.isMissing { pending = nil }
  }

  private mutating func missing(for seconds: Double, at time: Double) -> Change? {
    if detector.began != nil {
      let since = missingSince
      (missingSince, pending) = (nil, nil)
      guard isOn else { return nil }
      isOn = false
      return .off(seconds: since.map { time - $0 } ?? 0)
    }
    let since = missingSince ?? max(detector.lastSeen ?? 0, watchedSince ?? time)
    missingSince = since
    if pending != nil { return tellPending(at: time) }
    return !isOn && time - since >= seconds ? tell(.on(votes: nil), at: time) : nil
  }

  private mutating func tell(_ change: Change, at time: Double) -> Change? {
    if let lastAlert, time - lastAlert < watch.cooldown {
      suppressed += 1
      pending = change
      return nil
    }
    (lastAlert, isOn, pending) = (time, true, nil)
    alerts += 1
    return change
  }

  private mutating func tellPending(at time: Double) -> Change? {
    guard let change = pending, let lastAlert, time - lastAlert >= watch.cooldown else { return nil }
    suppressed -= 1
    return tell(change, at: time)
  }

  /// Takes the count of suppressed alerts, which an alert tells.
  package mutating func takeSuppressed() -> Int {
    defer { suppressed = 0 }
    return suppressed
  }
}
