// SPDX-License-Identifier: Apache-2.0

import Inference
import Watching

/// Drawn streams in which each visit is the onset of one watch, and quiet for all others.
public struct WatchSuite: Sendable {
  /// The parameters of the suite, by name.
  public let identity: [(name: String, value: String)]
  package let streams: [WatchStream]

  /// Draws stories until they have as many visits as `options.questions` says.
  public init(_ options: DoorstepOptions) {
    identity = [
      ("suite", "watch"), ("seed", "\(options.seed)"), ("seconds", "\(options.seconds)"),
      ("visits", "\(options.visits.lowerBound)-\(options.visits.upperBound)"),
      ("kinds", options.kinds.map(\.rawValue).joined(separator: ",")), ("onsets", "\(options.questions)"),
    ]
    var streams: [WatchStream] = []
    var onsets = 0
    // Kinds without visits alone would never have enough.
    while onsets < options.questions && streams.count < options.questions * options.kinds.count {
      let number = streams.count
      let kind = options.kinds[number % options.kinds.count]
      var random = SeededGenerator(seed: options.seed, part: UInt64(number))
      let story = StoryMaker(length: options.seconds, visits: options.visits).story(kind, &random)
      streams.append(WatchStream(number: number, kind: kind, story: story, seed: options.seed))
      onsets += story.visits.count
    }
    self.streams = streams
  }

  /// A watch for each thing of the world, in their order, in words that the embedded model has learnt.
  package static func watches(_ kind: Watch.Kind) throws(WatchError) -> [Watch] {
    var watches: [Watch] = []
    for thing in Thing.allCases {
      watches.append(try Watch("Did you see \(thing.withArticle)?", name: "\(kind) \(thing.rawValue)", kind: kind))
    }
    return watches
  }
}

/// One of the streams.
package struct WatchStream: Sendable {
  package let number: Int
  package let kind: StreamKind
  package let story: Story
  let seed: UInt64
  let timeline: StoryTimeline

  package init(number: Int, kind: StreamKind, story: Story, seed: UInt64) {
    (self.number, self.kind, self.story, self.seed) = (number, kind, story, seed)
    timeline = StoryTimeline(story, phase: 0)
  }

  /// The visits as they can be told, by pairs of frames: the thing's index, and the pairs in which it is seen.
  package var onsets: [WatchOnset] {
    story.visits.indices.compactMap { visit in
      guard let first = timeline.visits.firstIndex(of: visit), let last = timeline.visits.lastIndex(of: visit),
        let thing = Thing.allCases.firstIndex(of: story.visits[visit].thing)
      else { return nil }
      return WatchOnset(watch: thing, pairs: first...last)
    }
  }
}

/// A time at which a watch should tell.
package struct WatchOnset: Sendable, Equatable {
  /// Index of the watch.
  package var watch: Int
  /// The pairs of frames in which it is so.
  package var pairs: ClosedRange<Int>

  /// Memberwise.
  package init(watch: Int, pairs: ClosedRange<Int>) { (self.watch, self.pairs) = (watch, pairs) }
}
