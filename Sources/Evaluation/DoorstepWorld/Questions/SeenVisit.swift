// SPDX-License-Identifier: Apache-2.0

/// A visit as far as it has been seen.
struct SeenVisit: Sendable, Equatable {
  var thing: Thing
  var side: Visit.Side
  var action: Visit.Action
  /// Whether it is in view at the moment of the question.
  var isInView: Bool
  /// In which part of what has been seen its middle lies.
  var place: AnswerPlace

  /// What it did, without naming it.
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
  /// The visits that show in the first `pairs` pairs, in order.
  func seen(until pairs: Int) -> [SeenVisit] {
    var order: [Int] = []
    for case let index? in visits[..<pairs] where !order.contains(index) { order.append(index) }
    return order.map { index in
      let visit = story.visits[index]
      let shown = visits[..<pairs].indices.filter { visits[$0] == index }
      let middle = Double(shown[0] + shown[shown.count - 1] + 1) / 2 / Double(pairs)
      let place: AnswerPlace = middle < 1.0 / 3 ? .early : middle < 2.0 / 3 ? .middle : .late
      return SeenVisit(
        thing: visit.thing, side: visit.side, action: visit.action, isInView: visits[pairs - 1] == index, place: place)
    }
  }
}
