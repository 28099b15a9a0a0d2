// SPDX-License-Identifier: Apache-2.0

import Inference

/// One thing coming by. Lengths are in widths of the picture, times in seconds.
package struct Visit: Sendable, Equatable {
  package enum Action: Sendable, CaseIterable {
    /// It crosses from one side to the other.
    case cross
    /// It stops midway and goes on.
    case stop
    /// It stops midway and goes back.
    case back
  }

  package enum Side: String, Sendable, CaseIterable {
    case left, right

    var other: Side { self == .left ? .right : .left }
  }

  package let thing: Thing
  /// Which of the thing's pictures.
  package let variant: Int
  package let action: Action
  /// Where it comes from.
  package let side: Side
  /// The longer side of its picture.
  package let size: Double
  /// The height of its feet, from the top of the picture.
  package let base: Double
  /// When it sets out, just outside the picture.
  package var start: Double
  /// Times since `start` and places of the corners of its path, as if it came from the left.
  package let corners: [(time: Double, place: Double)]

  /// Draws one visit, as the embedded model's training did.
  ///
  /// - Parameter actions: how often it crosses, stops, turns back.
  package init(
    of thing: Thing, at start: Double, actions: [Double] = [0.4, 0.3, 0.3], _ random: inout SeededGenerator
  ) {
    self.thing = thing
    self.start = start
    variant = random.index(below: thing.imageSizes.count)
    action = Action.allCases[random.index(weighted: actions) ?? 0]
    side = random.element(of: Side.allCases)
    size = (random.number(in: 0.36...0.56) * 28).rounded() / 28
    let shape = thing.shape(variant: variant)
    let height = random.number(in: thing == .bird ? 0.45...0.75 : 0.68...0.92)
    base = max(height, size * shape.height + 0.02)
    let half = 0.5 * size * shape.width
    let far = 1 + half
    if action == .cross {
      corners = [(0, -half), (random.number(in: 3.2...5.4), far)]
    } else {
      let middle = random.number(in: 0.4...0.6)
      let come = random.number(in: 1.5...2.5)
      let stand = random.number(in: 2.3...3.4)
      let leave = random.number(in: 1.5...2.5)
      corners = [
        (0, -half), (come, middle), (come + stand, middle),
        (come + stand + leave, action == .stop ? far : -half),
      ]
    }
  }

  package static func == (one: Visit, other: Visit) -> Bool {
    one.thing == other.thing && one.variant == other.variant && one.action == other.action && one.side == other.side
      && one.size == other.size && one.base == other.base && one.start == other.start
      && one.corners.elementsEqual(other.corners, by: ==)
  }

  /// Seconds from setting out to being gone.
  package var length: Double { corners[corners.count - 1].time }

  /// The moment it is out of the picture again.
  package var end: Double { start + length }

  private var half: Double { 0.5 * size * thing.shape(variant: variant).width }

  /// Where its centre is.
  package func place(at time: Double) -> Double {
    let since = min(max(time - start, 0), length)
    let leg = leg(at: since)
    let (from, to) = (corners[leg], corners[leg + 1])
    let place = from.place + (to.place - from.place) * (since - from.time) / (to.time - from.time)
    return side == .left ? place : 1 - place
  }

  /// The part of the path walked at a time since the start: the one that ends there or later.
  private func leg(at since: Double) -> Int {
    (1..<corners.count).first { since <= corners[$0].time }.map { $0 - 1 } ?? corners.count - 2
  }

  /// Whether it is on its way, seen or not.
  package func isPresent(at time: Double) -> Bool { start <= time && time <= end }

  /// The share of its width that is inside the picture.
  package func visibleShare(at time: Double) -> Double {
    guard isPresent(at: time) else { return 0 }
    let place = place(at: time)
    let inside = min(place + half, 1) - max(place - half, 0)
    return max(0, inside) / (2 * half)
  }

  /// Whether it moves, or last moved, to the right.
  package func facesRight(at time: Double) -> Bool {
    var leg = leg(at: min(max(time - start, 0), length))
    while leg > 0 && corners[leg + 1].place == corners[leg].place { leg -= 1 }
    return (corners[leg + 1].place >= corners[leg].place) == (side == .left)
  }
}
