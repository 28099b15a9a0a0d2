// SPDX-License-Identifier: Apache-2.0

import Testing
import Watching

@Suite("The background of a question")
struct ScoreBackgroundTests {
  @Test("is what a grey image says, until the camera has shown enough")
  func grey() {
    var background = ScoreBackground(grey: 3)
    #expect(abs(background.median - 3) < 1e-12)
    for index in 0..<100 { background.add(-7 + Double(index % 3) * 0.1) }
    #expect(abs(background.median + 6.9) < 0.11)
    #expect(abs(ScoreBackground(grey: .nan).median) < 1e-12)
  }

  @Test("takes a score that is no number for nothing, and forgets the oldest")
  func window() {
    var background = ScoreBackground(grey: 0)
    background.add(.nan)
    background.add(-.infinity)
    #expect(abs(background.median) < 1e-12)
    for _ in 0..<ScoreBackground.capacity { background.add(-4) }
    for _ in 0..<ScoreBackground.capacity / 2 + 1 { background.add(2) }
    #expect(background.median == 2)
  }

  @Test("has a spread of one and a half nats at least, and that of the scores where they vary")
  func spread() {
    var background = ScoreBackground(grey: 0)
    for _ in 0..<100 { background.add(-4) }
    #expect(background.spread == 1.5 && background.evidence(of: 2) == 4)
    for index in 0..<ScoreBackground.capacity { background.add(index % 2 == 0 ? -6 : -2) }
    #expect(abs(background.spread - 2 * 1.4826) < 1e-9)
  }
}

@Suite("An episode")
struct EpisodeDetectorTests {
  /// A detector that has seen quiet scores around −7 for 60 blocks.
  private func quiet(_ sensitivity: Watch.Sensitivity = .normal) -> EpisodeDetector {
    var detector = EpisodeDetector(
      thresholds: EpisodeThresholds(sensitivity), background: ScoreBackground(grey: -7))
    for index in 0..<60 { #expect(detector.add(-7 + Double(index % 3) * 0.1, at: Double(index)) == nil) }
    return detector
  }

  private func changes(_ scores: [Double], _ detector: inout EpisodeDetector) -> [(Int, EpisodeDetector.Change)] {
    scores.enumerated().compactMap { index, score in
      detector.add(score, at: 100 + Double(index)).map { (index, $0) }
    }
  }

  @Test("does not begin by a flicker, and begins where two of three blocks speak for it")
  func votes() {
    var detector = quiet()
    #expect(changes([0, -7, -7, 0, -7, -7], &detector).isEmpty)
    let found = changes([0, -7, 0], &detector)
    #expect(found.count == 1 && found[0].0 == 2 && found[0].1 == .began(votes: 2))
    #expect(detector.began == 102 && detector.lastSeen == 102)
  }

  @Test("begins at once where a block is certain, and ends after three that are not")
  func certain() {
    var detector = quiet()
    let found = changes([8, 8, 8, -7, -7, 8, -7, -7, -7], &detector)
    #expect(found.map(\.0) == [0, 8])
    #expect(found.map(\.1) == [.began(votes: 1), .ended(seconds: 8)])
    #expect(detector.began == nil)
  }

  @Test("that was certain ends where it becomes doubtful, and a doubtful one does not")
  func ending() {
    var certain = quiet()
    #expect(changes([8, 8, -3.2, -3.2, -3.2], &certain).last?.1 == .ended(seconds: 4))
    var doubtful = quiet()
    #expect(changes([0, 0, -3.2, -3.2, -3.2, -3.2], &doubtful).map(\.1) == [.began(votes: 2)])
  }

  @Test("is not what a model says of every frame, however it leans")
  func leaning() {
    var detector = EpisodeDetector(
      thresholds: EpisodeThresholds(.high), background: ScoreBackground(grey: 6))
    for index in 0..<200 { #expect(detector.add(6 + Double(index % 5) * 0.2, at: Double(index)) == nil) }
  }

  @Test("needs more with a low sensitivity than with a high one")
  func sensitivities() {
    for (sensitivity, begins) in [(Watch.Sensitivity.low, false), (.normal, false), (.high, true)] {
      var detector = quiet(sensitivity)
      #expect(changes([-2.9, -2.9], &detector).isEmpty == !begins, "\(sensitivity)")
    }
  }

  @Test("of more than an hour has become the background")
  func longEpisode() {
    var detector = quiet()
    var ends: [Double] = []
    for minute in 0..<200 {
      if case .ended(let seconds) = detector.add(5, at: 100 + Double(minute) * 60) { ends.append(seconds) }
    }
    #expect(ends.count == 1 && ends[0] > 3600)
    #expect(detector.began == nil)
  }

  @Test("is neither begun nor ended by a score that is no number")
  func notANumber() {
    var detector = quiet()
    #expect(changes([.nan, .nan], &detector).isEmpty)
    #expect(detector.began == nil)
  }
}

@Suite("What is told of a watch")
struct WatchTrackTests {
  private func track(_ kind: Watch.Kind = .now, cooldown: Double = 10) throws -> WatchTrack {
    var track = WatchTrack(try Watch("it is so", kind: kind, cooldown: cooldown), grey: -7)
    for index in 0..<40 { _ = track.add(-7, at: Double(index)) }
    return track
  }

  @Test("is one alert for an episode, and none within the cooldown, which is counted")
  func cooldown() throws {
    var track = try track()
    var told: [WatchTrack.Change] = []
    // Three episodes, of which the second comes seven seconds after the first.
    let scores: [Double] = [8, -7, -7, -7, -7, -7, -7, 8, -7, -7, -7] + Array(repeating: -7, count: 10) + [8, 8]
    for (index, score) in scores.enumerated() {
      if let change = track.add(score, at: 100 + Double(index)) { told.append(change) }
    }
    #expect(told == [.on(votes: 1), .off(seconds: 3), .on(votes: 1)])
    #expect(track.alerts == 2 && track.takeSuppressed() == 1 && track.suppressed == 0)
  }

  @Test("that begins within the cooldown and lasts is told when it is over")
  func lasting() throws {
    var track = try track(cooldown: 20)
    var told: [(Int, WatchTrack.Change)] = []
    for second in 0..<60 {
      let isSeen = second == 0 || second >= 8
      if let change = track.add(isSeen ? 8 : -7, at: 100 + Double(second)) { told.append((second, change)) }
    }
    #expect(told.map(\.0) == [0, 3, 20] && told[2].1 == .on(votes: 1))
    #expect(track.takeSuppressed() == 0)
  }

  @Test(
    "of what is remembered does not end after an hour, nor is it missing then",
    arguments: [Watch.Kind.since, .missing(seconds: 600)])
  func longEpisode(_ kind: Watch.Kind) throws {
    var track = WatchTrack(try Watch("it is so", kind: kind), grey: -7)
    for block in 0..<20 { _ = track.add(-7, at: Double(block)) }
    var told: [WatchTrack.Change] = []
    for minute in 0..<200 { if let change = track.add(8, at: 60 + Double(minute) * 60) { told.append(change) } }
    #expect(told == (kind == .since ? [.on(votes: 1)] : []))
  }

  @Test("that is missing comes once, the time after it was last seen, and again after it was seen")
  func missing() throws {
    var track = WatchTrack(try Watch("it is so", kind: .missing(seconds: 20), cooldown: 0), grey: -7)
    var told: [(Double, WatchTrack.Change)] = []
    for second in 0..<100 {
      let isSeen = (30..<34).contains(second)
      if let change = track.add(isSeen ? 8 : -7, at: Double(second)) { told.append((Double(second), change)) }
    }
    #expect(told.map(\.0) == [20, 30, 53])
    #expect(told.map(\.1) == [.on(votes: nil), .off(seconds: 30), .on(votes: nil)])
  }

  @Test("that is missing does not count the time in which the source was away")
  func missingSource() throws {
    var track = WatchTrack(try Watch("it is so", kind: .missing(seconds: 20)), grey: -7)
    #expect(track.add(-7, at: 0) == nil)
    track.noteGap()
    #expect(track.add(-7, at: 600) == nil)
    #expect(track.add(-7, at: 619) == nil)
    #expect(track.add(-7, at: 620) == .on(votes: nil))
  }

  @Test("that is missing comes too where nothing is asked because nothing changes")
  func missingInQuiet() throws {
    var track = WatchTrack(try Watch("it is so", kind: .missing(seconds: 20)), grey: -7)
    #expect(track.add(-7, at: 0) == nil)
    #expect(track.add(nil, at: 19) == nil)
    #expect(track.add(nil, at: 21) == .on(votes: nil))
  }
}
