// SPDX-License-Identifier: Apache-2.0

/// The part of a visit that has been seen.
struct SeenVisit: Sendable, Equatable {
  var thing: Thing
  var side: Visit.Side
  var action: Visit.Action
  /// Whether it is in view at the moment of the question.
  var isInView: Bool
  /// The part of the stream so far that holds the middle of the visit.
  var position: AnswerPosition

  /// The visit as the predicate of a sentence, without its subject, the thing.
  var deed: String {
    if isInView { return "came from the \(side.rawValue) and is in view" }
    return switch action {
    case .cross: "went from \(side.rawValue) to \(side.other.rawValue)"
    case .stop: "came from the \(side.rawValue), stopped and went on"
    case .back: "came from the \(side.rawValue), stopped and went back"
    }
  }
}

extension StoryTimeline {
  /// The visits that can be seen in the first `pairs` pairs of frames, in order.
  func seen(until pairs: Int) -> [SeenVisit] {
    var order: [Int] = []
    for case let index? in visits[..<pairs] where !order.contains(index) { order.append(index) }
    return order.map { index in
      let visit = story.visits[index]
      let shown = visits[..<pairs].indices.filter { visits[$0] == index }
      let middle = Double(shown[0] + shown[shown.count - 1] + 1) / 2 / Double(pairs)
      let position: AnswerPosition = middle < 1.0 / 3 ? .early : middle < 2.0 / 3 ? .middle : .late
      return SeenVisit(
        thing: visit.thing, side: visit.side, action: visit.action, isInView: visits[pairs - 1] == index,
        position: position)
    }
  }
}
