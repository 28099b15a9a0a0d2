// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Inference
import Testing
import Watching

@Suite("The evaluation of watches")
struct WatchEvaluationTests {
  private var options: DoorstepOptions {
    DoorstepOptions(seed: 3, questions: 30, seconds: 300, visits: 5...8, kinds: [.spread, .empty])
  }

  /// A stream with its onsets.
  private func stream() throws -> WatchStream { try #require(WatchSuite(options).streams.first) }

  @Test("draws streams until there are enough onsets, the same from the same seed")
  func streams() throws {
    let (one, other) = (WatchSuite(options), WatchSuite(options))
    #expect(one.streams.map(\.story) == other.streams.map(\.story))
    let onsets = one.streams.flatMap(\.onsets)
    #expect(onsets.count >= 28 && one.streams.contains { $0.onsets.isEmpty })
    for onset in onsets { #expect(onset.pairs.count >= 2) }
    #expect(WatchSuite(DoorstepOptions(questions: 5, kinds: [.empty])).streams.count == 5)
  }

  @Test("has a watch for each thing, in words that the model knows")
  func watches() throws {
    let watches = try WatchSuite.watches(.now)
    #expect(watches.count == Thing.allCases.count)
    #expect(watches[0].question == "Did you see a cat?" && watches[10].question == "Did you see an umbrella?")
    try Watch.check(watches + WatchSuite.watches(.since))
  }

  @Test("counts the first alert of an onset with its delay, and every other alert as false")
  func outcomes() throws {
    let stream = try stream()
    let onset = try #require(stream.onsets.first)
    let first = onset.pairs.lowerBound
    let other = (onset.watch + 1) % Thing.allCases.count
    let record = WatchRecord(
      method: .normal, of: stream,
      alerts: [
        (onset.watch, first - 2), (onset.watch, first + 1), (onset.watch, first + 2), (other, first + 1),
      ])
    #expect(record.delays == [1] && record.falseAlerts == 3)
    #expect(record.onsets == stream.onsets.count)
    let late = WatchRecord(method: .normal, of: stream, alerts: [(onset.watch, onset.pairs.upperBound + 3)])
    #expect(late.delays == [onset.pairs.count + 2] && late.falseAlerts == 0)
  }

  @Test("decides by what is usual, where a baseline goes by even odds alone")
  func methods() throws {
    let things = Thing.allCases.count
    var scores = WatchScores(grey: Array(repeating: 3, count: things))
    for pair in 0..<60 {
      // The model leans towards yes; of the first thing it is surer in two blocks.
      var block = Array(repeating: 3.0, count: things)
      if pair == 40 || pair == 41 { block[0] = 25 }
      scores.newest.append(pair == 50 ? nil : block)
      scores.remembered.append(pair == 50 ? nil : Array(repeating: pair < 40 ? -1 : 1, count: things))
      scores.words.append(pair == 20 ? "A cat is in view." : "Concatenate nothing.")
      scores.pairs.append(pair)
    }
    for method in [WatchMethod.low, .normal, .high] {
      let alerts = try scores.alerts(method)
      #expect(alerts.count == 1 && alerts[0] == (watch: 0, pair: 40), "\(method)")
    }
    #expect(try scores.alerts(.evenOdds).map(\.pair) == Array(repeating: 0, count: things))
    #expect(try scores.alerts(.remembered).map(\.pair) == Array(repeating: 40, count: things))
    #expect(try scores.alerts(.words).map(\.watch) == [0])
  }

  @Test("sums up recall, precision and false alerts a day")
  func summary() throws {
    let stream = try stream()
    let onsets = stream.onsets
    let alerts = onsets.dropLast().map { (watch: $0.watch, pair: $0.pairs.lowerBound) }
    let record = WatchRecord(method: .high, of: stream, alerts: alerts + [(watch: 0, pair: 1)])
    let row = try #require(WatchSummary(records: [record]).rows.first)
    #expect(row.method == .high && row.recall.value == Double(onsets.count - 1) / Double(onsets.count))
    #expect(row.precision.value == Double(onsets.count - 1) / Double(onsets.count))
    #expect(row.falseAlertsADay == 86400 / 300 && row.medianDelay == 0)
  }
}
