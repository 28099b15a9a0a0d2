// SPDX-License-Identifier: Apache-2.0

import Watching

/// What the model said of a stream, block by block; the methods differ in what they make of it.
package struct WatchScores: Sendable {
  /// Scores of a grey image, of each watch.
  package var grey: [Double]
  /// Of each block, the scores of each watch about the newest frames; nil where nothing was asked.
  package var newest: [[Double]?] = []
  /// The same about everything that is remembered.
  package var remembered: [[Double]?] = []
  /// Of each block, the newest frames in words.
  package var words: [String] = []
  /// Of each block, the pair of frames that it ends with.
  package var pairs: [Int] = []

  /// Nothing said yet.
  package init(grey: [Double]) { self.grey = grey }

  /// The alerts of a method, in the order of time.
  package func alerts(_ method: WatchMethod) throws(WatchError) -> [(watch: Int, pair: Int)] {
    switch method {
    case .low, .normal, .high: try decided(method.sensitivity ?? .normal)
    case .evenOdds: edges { block, watch in newest[block].map { $0[watch] > 0 } }
    case .remembered: edges { block, watch in remembered[block].map { $0[watch] > 0 } }
    case .words:
      edges { block, watch in
        words[block].lowercased().split { !$0.isLetter }.contains { $0 == Thing.allCases[watch].rawValue }
      }
    }
  }

  private func decided(_ sensitivity: Watch.Sensitivity) throws(WatchError) -> [(watch: Int, pair: Int)] {
    var watches = try WatchSuite.watches(.now)
    for index in watches.indices { watches[index].sensitivity = sensitivity }
    var tracks = zip(watches, grey).map { WatchTrack($0, grey: $1) }
    var alerts: [(watch: Int, pair: Int)] = []
    for (block, pair) in pairs.enumerated() {
      for watch in tracks.indices {
        if case .on = tracks[watch].add(newest[block]?[watch], at: Double(pair)) { alerts.append((watch, pair)) }
      }
    }
    return alerts
  }

  /// The blocks in which something becomes so. A block of which nothing is known changes nothing.
  private func edges(_ isSo: (_ block: Int, _ watch: Int) -> Bool?) -> [(watch: Int, pair: Int)] {
    var before = grey.map { _ in false }
    var alerts: [(watch: Int, pair: Int)] = []
    for (block, pair) in pairs.enumerated() {
      for watch in before.indices {
        guard let now = isSo(block, watch) else { continue }
        if now && !before[watch] { alerts.append((watch, pair)) }
        before[watch] = now
      }
    }
    return alerts
  }
}
