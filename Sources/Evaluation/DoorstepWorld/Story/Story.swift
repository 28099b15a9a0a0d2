// SPDX-License-Identifier: Apache-2.0

/// Events in front of the camera: a scene, a time of day, and visits in order. At most one thing is in view at a time.
package struct Story: Sendable, Equatable {
  /// The scene that the camera watches.
  package enum Scene: String, Sendable, CaseIterable {
    case street, yard, porch
  }

  /// The light.
  package enum TimeOfDay: String, Sendable, CaseIterable {
    case day, evening, night
  }

  /// The scene that the camera watches.
  package var scene: Scene
  /// The time of day at the beginning.
  package var time: TimeOfDay
  /// Changes of the time of day, in order.
  package var changes: [Change] = []
  /// Visits, in order, without overlap.
  package var visits: [Visit]
  /// Length of the stream, in seconds.
  package var length: Double

  /// A change of the time of day.
  package struct Change: Sendable, Equatable {
    /// When the new light is complete, in seconds.
    package var at: Double
    /// The new time of day.
    package var time: TimeOfDay
  }

  /// Memberwise; `length` is in seconds.
  package init(scene: Scene, time: TimeOfDay, visits: [Visit], length: Double) {
    self.scene = scene
    self.time = time
    self.visits = visits
    self.length = length
  }

  /// The time of day at a time in the stream, in seconds.
  package func time(at moment: Double) -> TimeOfDay { changes.last { $0.at <= moment }?.time ?? time }

  /// The visit that takes place at a time in the stream, whether the thing is in view or not.
  package func visit(at time: Double) -> Visit? { visits.first { $0.isPresent(at: time) } }
}
