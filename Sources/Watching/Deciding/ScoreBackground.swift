// SPDX-License-Identifier: Apache-2.0

/// What a question's score usually is on this camera, while nothing happens: median and spread of the latest scores.
///
/// A model leans towards yes or no by itself, and differently for each question and scene. Before the camera has shown
/// much, what the model says of a grey image stands for the scene (contextual calibration, Zhao et al., 2021).
package struct ScoreBackground: Sendable {
  private var window: [Double]
  private var oldest = 0
  /// The median of the scores, in nats.
  package private(set) var median = 0.0
  /// 1.4826 times the median absolute deviation, which is the standard deviation of normally distributed scores; at
  /// least one and a half nats.
  package private(set) var spread = Self.leastSpread

  /// Scores that are kept.
  package static let capacity = 512
  /// A sure model says no within a few tenths of a nat. Another thing than the one asked about then moves the score by
  /// some nats, and what is asked about by more than ten.
  private static let leastSpread = 1.5
  /// Scores that the grey image stands for, and how far they lie apart in nats.
  private static let (priorCount, priorSpread) = (8, 1.5)

  /// - Parameter grey: the score of a grey image; 0 where it is no number.
  package init(grey: Double) {
    let center = grey.isFinite ? grey : 0
    window = (0..<Self.priorCount).map {
      center + Self.priorSpread * (2 * Double($0) / Double(Self.priorCount - 1) - 1)
    }
    measure()
  }

  /// Takes a score of a time at which nothing happened.
  package mutating func add(_ score: Double) {
    guard score.isFinite else { return }
    if window.count < Self.capacity {
      window.append(score)
    } else {
      window[oldest] = score
      oldest = (oldest + 1) % Self.capacity
    }
    measure()
  }

  /// How many spreads a score lies above the median.
  package func evidence(of score: Double) -> Double { (score - median) / spread }

  private mutating func measure() {
    median = Self.median(of: window)
    spread = max(Self.leastSpread, 1.4826 * Self.median(of: window.map { abs($0 - median) }))
  }

  private static func median(of values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
