// SPDX-License-Identifier: Apache-2.0

import Inference

/// Makes stories of a given length and kind.
package struct StoryMaker {
  /// Length of a stream, in seconds.
  package var length: Double
  /// Things that come, without passers-by.
  package var visits: ClosedRange<Int>

  /// Seconds between two visits that follow closely, as in the embedded model's training.
  private static let closeGap = 1.6...3.2
  /// Probability that a visit is by a thing that has come before.
  private static let repeating = 0.3
  /// Passers-by in a stream with distractors.
  private static let passersBy = 3...5

  /// `length` is in seconds, `visits` the number of visits of a story.
  package init(length: Double, visits: ClosedRange<Int>) {
    self.length = length
    self.visits = visits
  }

  /// Makes a story of a kind.
  package func story(_ kind: StreamKind, _ random: inout SeededGenerator) -> Story {
    let scene = random.element(of: Story.Scene.allCases)
    let time = random.element(of: Story.TimeOfDay.allCases)
    var story = Story(scene: scene, time: time, visits: [], length: length)
    if kind == .empty { return story }
    let count = visits.lowerBound + random.index(below: visits.count)
    story.visits = kind == .distractors ? crowd(count, &random) : visitsInARow(count, &random)
    fit(&story.visits)
    place(&story.visits, kind, &random)
    if kind == .dayAndNight { addTimesOfDay(to: &story) }
    return story
  }

  /// Adds the other two times of day, each for a third of the stream.
  private func addTimesOfDay(to story: inout Story) {
    let times = Story.TimeOfDay.allCases
    let first = times.firstIndex(of: story.time) ?? 0
    story.changes = (1..<times.count).map { step in
      Story.Change(
        at: length * Double(step) / Double(times.count), time: times[(first + step) % times.count])
    }
  }

  /// Visits that follow each other closely, from time 0.
  private func visitsInARow(_ count: Int, _ random: inout SeededGenerator) -> [Visit] {
    var visits: [Visit] = []
    var clock = 0.0
    for _ in 0..<count {
      let comesAgain = !visits.isEmpty && random.isTrue(withChance: Self.repeating)
      let thing = comesAgain ? random.element(of: visits).thing : random.element(of: Thing.allCases)
      let visit = Visit(of: thing, at: clock, &random)
      visits.append(visit)
      clock = visit.end + random.number(in: Self.closeGap)
    }
    return visits
  }

  /// A few things that come once, one after the other, with passers-by of two other kinds before and after them.
  private func crowd(_ count: Int, _ random: inout SeededGenerator) -> [Visit] {
    var things = Thing.allCases
    things.shuffle(using: &random)
    let passersBy = Array(things.prefix(2))
    let events = things.dropFirst(2).prefix(min(count, 3))
    let number = Self.passersBy.lowerBound + random.index(below: Self.passersBy.count)
    let before = random.index(below: number + 1)
    var order = (0..<number).map { _ in random.element(of: passersBy) }
    order.insert(contentsOf: events, at: before)
    var visits: [Visit] = []
    var clock = 0.0
    for thing in order {
      let visit = Visit(
        of: thing, at: clock, actions: passersBy.contains(thing) ? [1, 0, 0] : [0.4, 0.3, 0.3], &random)
      visits.append(visit)
      clock = visit.end + random.number(in: Self.closeGap)
    }
    return visits
  }

  /// Removes the last visits that do not fit into the stream.
  private func fit(_ visits: inout [Visit]) {
    while let last = visits.last, last.end > length - 4 { visits.removeLast() }
  }

  /// Moves the visits to their times in a stream of a kind.
  private func place(_ visits: inout [Visit], _ kind: StreamKind, _ random: inout SeededGenerator) {
    guard let last = visits.last else { return }
    let spare = length - last.end
    let start =
      switch kind {
      case .early, .empty: random.number(in: 0.6...2.6)
      case .middle: spare * random.number(in: 0.4...0.6)
      case .late: spare - random.number(in: 0.6...2.6)
      case .spread, .dialogue, .dayAndNight, .distractors: 0.0
      }
    if kind == .early || kind == .middle || kind == .late {
      for index in visits.indices { visits[index].start += start }
      return
    }
    // The time without visits is divided at random: before, between and after them.
    var parts = (0...visits.count).map { _ in random.number(in: 0.5...1.5) }
    let sum = parts.reduce(0, +)
    parts = parts.map { $0 / sum * spare }
    var moved = 0.0
    for index in visits.indices {
      moved += parts[index]
      visits[index].start += moved
    }
  }
}
