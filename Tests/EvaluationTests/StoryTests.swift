// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Inference
import Testing

@Suite("Stories")
struct StoryTests {
  private func story(_ kind: StreamKind, seed: UInt64, length: Double = 100) -> Story {
    var random = SeededGenerator(seed: seed)
    return StoryMaker(length: length, visits: 2...4).story(kind, &random)
  }

  @Test("depend on their seed alone", arguments: StreamKind.allCases)
  func deterministic(kind: StreamKind) {
    #expect(story(kind, seed: 5) == story(kind, seed: 5))
    #expect(story(kind, seed: 5) != story(kind, seed: 6))
  }

  @Test("have one thing in view at a time, all within the stream", arguments: StreamKind.allCases)
  func oneAtATime(kind: StreamKind) {
    for seed in 0..<50 as Range<UInt64> {
      let visits = story(kind, seed: seed).visits
      for (visit, next) in zip(visits, visits.dropFirst()) { #expect(next.start > visit.end) }
      #expect(visits.allSatisfy { $0.start >= 0 && $0.end <= 100 })
      if kind != .empty && kind != .distractors { #expect((2...4).contains(visits.count)) }
    }
  }

  @Test(
    "have their events where their kind says",
    arguments: [(StreamKind.early, 0.0...50.0), (.late, 50.0...100.0), (.middle, 15.0...85.0)])
  func parts(kind: StreamKind, part: ClosedRange<Double>) {
    for seed in 0..<50 as Range<UInt64> {
      for visit in story(kind, seed: seed).visits { #expect(part.contains(visit.start) && part.contains(visit.end)) }
    }
  }

  @Test("that are quiet have no visit; those with distractors have passers-by of two kinds around others")
  func quietAndCrowded() {
    for seed in 0..<50 as Range<UInt64> {
      #expect(story(.empty, seed: seed).visits.isEmpty)
      let things = story(.distractors, seed: seed).visits.map(\.thing)
      let counts = Dictionary(grouping: things, by: \.self).mapValues(\.count)
      #expect(counts.values.filter { $0 > 1 }.count <= 2)
      #expect(things.count >= 4)
    }
  }

  @Test("too short for all their visits lose the last ones")
  func short() {
    for seed in 0..<20 as Range<UInt64> {
      let visits = story(.late, seed: seed, length: 12).visits
      #expect(visits.allSatisfy { $0.end <= 12 })
    }
  }
}
