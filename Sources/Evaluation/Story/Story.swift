/// What happens in front of the camera: a place, a time of day, and visits in order. At most one thing is in view at a
/// time.
struct Story: Sendable, Equatable {
  enum Scene: String, Sendable, CaseIterable {
    case street, yard, porch
  }

  enum TimeOfDay: String, Sendable, CaseIterable {
    case day, evening, night
  }

  var scene: Scene
  var time: TimeOfDay
  var visits: [Visit]
  /// In seconds.
  var length: Double

  /// The visit under way, seen or not.
  func visit(at time: Double) -> Visit? { visits.first { $0.isPresent(at: time) } }
}
