// SPDX-License-Identifier: Apache-2.0

import Inference

/// One thing that comes by. Lengths are in widths of the frame, times in seconds.
package struct Visit: Sendable, Equatable {
  /// How the thing moves.
  package enum Action: Sendable, CaseIterable {
    /// It crosses from one side to the other.
    case cross
    /// It stops midway and goes on.
    case stop
    /// It stops midway and goes back.
    case back
  }

  /// A side of the frame.
  package enum Side: String, Sendable, CaseIterable {
    case left, right

    /// The opposite side.
    var other: Side { self == .left ? .right : .left }
  }

  /// The thing that comes by.
  package let thing: Thing
  /// Index of the thing's image.
  package let variant: Int
  /// How it moves.
  package let action: Action
  /// The side that the thing comes from.
  package let side: Side
  /// Length of the longer side of the thing's image.
  package let size: Double
  /// Distance of the thing's lower edge from the top of the frame.
  package let base: Double
  /// When the thing starts, just outside the frame.
  package var start: Double
  /// The corners of the path: times since `start`, and the horizontal position of the thing's centre, as if it came
  /// from the left.
  package let corners: [(time: Double, position: Double)]

  /// Draws one visit from the distributions of the embedded model's training.
  ///
  /// - Parameter actions: weights of the actions, in their order.
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

  /// Seconds from the start to the end.
  package var length: Double { corners[corners.count - 1].time }

  /// When the thing is out of the frame again.
  package var end: Double { start + length }

  /// Half the thing's width.
  private var half: Double { 0.5 * size * thing.shape(variant: variant).width }

  /// Horizontal position of the thing's centre.
  package func position(at time: Double) -> Double {
    let since = min(max(time - start, 0), length)
    let leg = leg(at: since)
    let (from, to) = (corners[leg], corners[leg + 1])
    let position = from.position + (to.position - from.position) * (since - from.time) / (to.time - from.time)
    return side == .left ? position : 1 - position
  }

  /// Index of the leg of the path at a time since the start.
  private func leg(at since: Double) -> Int {
    (1..<corners.count).first { since <= corners[$0].time }.map { $0 - 1 } ?? corners.count - 2
  }

  /// Whether the visit takes place, in view or not.
  package func isPresent(at time: Double) -> Bool { start <= time && time <= end }

  /// The part of the thing's width that is inside the frame.
  package func visibleShare(at time: Double) -> Double {
    guard isPresent(at: time) else { return 0 }
    let position = position(at: time)
    let inside = min(position + half, 1) - max(position - half, 0)
    return max(0, inside) / (2 * half)
  }

  /// Whether the thing moves, or last moved, to the right.
  package func facesRight(at time: Double) -> Bool {
    var leg = leg(at: min(max(time - start, 0), length))
    while leg > 0 && corners[leg + 1].position == corners[leg].position { leg -= 1 }
    return (corners[leg + 1].position >= corners[leg].position) == (side == .left)
  }
}
