// SPDX-License-Identifier: Apache-2.0

/// The pairs of frames sampled from a story, and what can be seen in each.
package struct StoryTimeline: Sendable {
  /// Seconds between the frames of a pair, and between pairs.
  package static let frameStep = 0.5
  /// Seconds between the first frames of two pairs.
  package static let pairStep = 1.0
  /// A thing counts as seen if at least this part of its width is in view. Up to the smaller part the view counts as
  /// empty. Between the two it is unclear.
  private static let seenShare = 0.3
  private static let emptyShare = 0.06

  /// The story that is sampled.
  package let story: Story
  /// Time of the first frame of each pair, in seconds.
  package let starts: [Double]
  /// Index of the visit seen in each pair; nil if nothing is seen.
  package let visits: [Int?]
  /// Whether a thing is partly in view in a pair but does not count as seen.
  private let isUnclear: [Bool]

  /// - Parameter phase: time of the first frame, in seconds.
  package init(_ story: Story, phase: Double) {
    let count = max(2, Int((story.length - phase) / Self.pairStep))
    var visits = [Int?](repeating: nil, count: count)
    var isUnclear = [Bool](repeating: false, count: count)
    starts = (0..<count).map { phase + Self.pairStep * Double($0) }
    for (pair, start) in starts.enumerated() {
      for time in [start, start + Self.frameStep] {
        guard let found = story.visits.firstIndex(where: { $0.isPresent(at: time) }) else { continue }
        let share = story.visits[found].visibleShare(at: time)
        if share >= Self.seenShare { visits[pair] = found } else if share > Self.emptyShare { isUnclear[pair] = true }
      }
    }
    self.story = story
    self.visits = visits
    self.isUnclear = zip(visits, isUnclear).map { $0 == nil && $1 }
  }

  /// Pairs of frames in the stream.
  package var pairCount: Int { starts.count }

  /// Whether it is clear what is in view at the end of the first `pairs` pairs: nothing, or a thing that has been seen
  /// in at least two pairs.
  package func isSettled(after pairs: Int) -> Bool {
    let last = pairs - 1
    if isUnclear[last] { return false }
    guard let current = visits[last] else { return true }
    let visit = story.visits[current]
    let times = [starts[last], starts[last] + Self.frameStep]
    return times.allSatisfy { visit.visibleShare(at: $0) >= Self.seenShare }
      && visits[..<pairs].filter { $0 == current }.count >= 2
  }

  /// The last clear moment at or before `pairs`, and at least one pair.
  package func settled(atOrBefore pairs: Int) -> Int {
    var pairs = min(max(pairs, 1), pairCount)
    while pairs > 1 && !isSettled(after: pairs) { pairs -= 1 }
    return pairs
  }
}
