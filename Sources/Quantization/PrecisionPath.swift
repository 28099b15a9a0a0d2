// SPDX-License-Identifier: Apache-2.0

import ModelFile

/// The order in which bytes are spent on the tensors of a model: the largest decrease of divergence for a byte first.
///
/// Each group begins in the type with the fewest bytes. A step moves one group to a better type. Only types on the
/// lower convex hull of divergence over bytes are stepped to, so that a group's steps become less worthwhile one by one
/// and the greedy order is the best for every total that it passes. Divergences of groups are taken to add up.
public struct PrecisionPath: Sendable {
  /// One group in one type.
  public struct Option: Sendable, Equatable {
    /// How the group's tensors are stored.
    public let type: TensorType
    /// Bytes of all its tensors, with padding.
    public let byteCount: Int
    /// Divergence of the model when only this group is in this type, in nats.
    public let divergence: Double

    /// Memberwise; checks nothing.
    public init(type: TensorType, byteCount: Int, divergence: Double) {
      self.type = type
      self.byteCount = byteCount
      self.divergence = divergence
    }
  }

  /// A choice of an option for each group.
  public struct Choice: Sendable, Equatable {
    /// By group, in the order of the path's groups.
    public fileprivate(set) var options: [Option]

    /// Bytes of all groups.
    public var byteCount: Int { options.reduce(0) { $0 + $1.byteCount } }
    /// Sum of the groups' divergences, in nats.
    public var divergence: Double { options.reduce(0) { $0 + $1.divergence } }
  }

  private struct Step {
    var group: Int
    var option: Option
    /// Decrease of divergence for a byte.
    var worth: Double
  }

  /// The choice with the fewest bytes.
  public let smallest: Choice
  private let steps: [Step]

  /// - Parameter groups: the options of each group, at least one.
  public init(groups: [[Option]]) {
    let hulls = groups.map(Self.hull)
    smallest = Choice(options: hulls.map { $0[0] })
    var steps: [Step] = []
    for (group, hull) in hulls.enumerated() {
      for (from, to) in zip(hull, hull.dropFirst()) {
        let worth = (from.divergence - to.divergence) / Double(to.byteCount - from.byteCount)
        steps.append(Step(group: group, option: to, worth: worth))
      }
    }
    // Stable: a group's own steps stay in order.
    self.steps = steps.enumerated().sorted { ($1.element.worth, $0.offset) < ($0.element.worth, $1.offset) }
      .map(\.element)
  }

  /// Steps of the whole path.
  public var count: Int { steps.count }

  /// The choice after the first `count` steps.
  public func choice(afterSteps count: Int) -> Choice {
    steps.prefix(count).reduce(into: smallest) { $0.options[$1.group] = $1.option }
  }

  /// The choice of the least divergence within some bytes; nil if not even the smallest fits.
  ///
  /// A group whose step does not fit stays as it is, and later steps of others are still taken.
  public func choice(within bytes: Int) -> Choice? {
    var choice = smallest
    var left = bytes - choice.byteCount
    guard left >= 0 else { return nil }
    var full: Set<Int> = []
    for step in steps where !full.contains(step.group) {
      let cost = step.option.byteCount - choice.options[step.group].byteCount
      if cost <= left {
        choice.options[step.group] = step.option
        left -= cost
      } else {
        full.insert(step.group)
      }
    }
    return choice
  }

  /// The fewest steps after which the sum of divergences is at most `divergence`; nil if the whole path does not reach
  /// it.
  public func steps(toReach divergence: Double) -> Int? {
    (0...count).first { choice(afterSteps: $0).divergence <= divergence }
  }

  /// The options on the lower convex hull, the one with the fewest bytes first.
  static func hull(_ options: [Option]) -> [Option] {
    var hull: [Option] = []
    for option in options.sorted(by: { ($0.byteCount, $0.divergence) < ($1.byteCount, $1.divergence) }) {
      if let last = hull.last, option.divergence >= last.divergence || option.byteCount == last.byteCount { continue }
      while hull.count > 1, slope(hull[hull.count - 2], hull[hull.count - 1]) <= slope(hull[hull.count - 2], option) {
        hull.removeLast()
      }
      hull.append(option)
    }
    return hull
  }

  /// Decrease of divergence for a byte.
  private static func slope(_ from: Option, _ to: Option) -> Double {
    (from.divergence - to.divergence) / Double(to.byteCount - from.byteCount)
  }
}
