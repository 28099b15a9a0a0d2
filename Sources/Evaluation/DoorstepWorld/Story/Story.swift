// SPDX-License-Identifier: Apache-2.0

/// What happens in front of the camera: a place, a time of day, and visits in order. At most one thing is in view at a
/// time.
package struct Story: Sendable, Equatable {
  package enum Scene: String, Sendable, CaseIterable {
    case street, yard, porch
  }

  package enum TimeOfDay: String, Sendable, CaseIterable {
    case day, evening, night
  }

  package var scene: Scene
  /// At the beginning.
  package var time: TimeOfDay
  /// When it becomes another time of day, in order.
  package var changes: [Change] = []
  package var visits: [Visit]
  /// In seconds.
  package var length: Double

  package struct Change: Sendable, Equatable {
    /// When the light is the new one's, in seconds.
    package var at: Double
    package var time: TimeOfDay
  }

  package init(scene: Scene, time: TimeOfDay, visits: [Visit], length: Double) {
    self.scene = scene
    self.time = time
    self.visits = visits
    self.length = length
  }

  /// The time of day at a moment.
  package func time(at moment: Double) -> TimeOfDay { changes.last { $0.at <= moment }?.time ?? time }

  /// The visit under way, seen or not.
  package func visit(at time: Double) -> Visit? { visits.first { $0.isPresent(at: time) } }
}
