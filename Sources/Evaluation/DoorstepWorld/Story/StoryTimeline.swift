// SPDX-License-Identifier: Apache-2.0

/// The pairs of pictures sampled from a story, with what can be seen in each.
package struct StoryTimeline: Sendable {
  /// Seconds between two pictures, and between two pairs.
  package static let imageStep = 0.5
  package static let pairStep = 1.0
  /// From this share of its width on a thing counts as seen, and up to the other the view counts as empty; between them
  /// it is unclear.
  private static let seenShare = 0.3
  private static let emptyShare = 0.06

  package let story: Story
  /// When the first picture of each pair is taken, in seconds.
  package let starts: [Double]
  /// Index of the visit seen in each pair.
  package let visits: [Int?]
  /// Whether a thing is partly in the picture but does not count as seen.
  private let isUnclear: [Bool]

  /// - Parameter phase: when the first picture is taken, in seconds.
  package init(_ story: Story, phase: Double) {
    let count = max(2, Int((story.length - phase) / Self.pairStep))
    var visits = [Int?](repeating: nil, count: count)
    var isUnclear = [Bool](repeating: false, count: count)
    starts = (0..<count).map { phase + Self.pairStep * Double($0) }
    for (pair, start) in starts.enumerated() {
      for time in [start, start + Self.imageStep] {
        guard let found = story.visits.firstIndex(where: { $0.isPresent(at: time) }) else { continue }
        let share = story.visits[found].visibleShare(at: time)
        if share >= Self.seenShare { visits[pair] = found } else if share > Self.emptyShare { isUnclear[pair] = true }
      }
    }
    self.story = story
    self.visits = visits
    self.isUnclear = zip(visits, isUnclear).map { $0 == nil && $1 }
  }

  package var pairCount: Int { starts.count }

  /// Whether the first `pairs` pairs end at a moment without doubt: nothing in view, or a thing that has been seen for
  /// two pairs at least.
  package func isSettled(after pairs: Int) -> Bool {
    let last = pairs - 1
    if isUnclear[last] { return false }
    guard let current = visits[last] else { return true }
    let visit = story.visits[current]
    let times = [starts[last], starts[last] + Self.imageStep]
    return times.allSatisfy { visit.visibleShare(at: $0) >= Self.seenShare }
      && visits[..<pairs].filter { $0 == current }.count >= 2
  }

  /// The last moment without doubt at or before `pairs`, at least one pair in.
  package func settled(atOrBefore pairs: Int) -> Int {
    var pairs = min(max(pairs, 1), pairCount)
    while pairs > 1 && !isSettled(after: pairs) { pairs -= 1 }
    return pairs
  }
}
