// SPDX-License-Identifier: Apache-2.0

import Compute

/// The schedules that are tried for one product: every combination of the values of some knobs. A point is the number
/// of a combination.
public struct ScheduleSpace: Sendable, Equatable {
  /// The values of one knob that are tried.
  public struct Axis: Sendable, Equatable {
    /// The knob.
    public var knob: ScheduleKnob
    /// In rising order.
    public var values: [Int]
    /// The place of the value that the engine sets of itself.
    public var standard: Int

    /// - Parameters:
    ///   - values: in any order; those out of the knob's bounds are left out.
    ///   - standard: what the engine sets of itself; one of the values, or added to them.
    public init(_ knob: ScheduleKnob, _ values: [Int], standard: Int) {
      self.knob = knob
      let value = min(max(standard, knob.bounds.lowerBound), knob.bounds.upperBound)
      self.values = Set(values.filter(knob.bounds.contains) + [value]).sorted()
      self.standard = self.values.firstIndex(of: value) ?? 0
    }
  }

  /// One for each knob that is tried.
  public let axes: [Axis]
  /// Points.
  public let count: Int
  /// The point that the engine computes with of itself.
  public let standardPoint: Int

  /// - Precondition: there are fewer than 2^31 points.
  public init(axes: [Axis]) {
    let axes = axes.filter { $0.values.count > 1 }
    let count = axes.reduce(1) { $0 * $1.values.count }
    precondition(count < 1 << 31, "too many schedules")
    self.axes = axes
    self.count = count
    standardPoint = axes.reversed().reduce(0) { $0 * $1.values.count + $1.standard }
  }

  /// The places of a point's values on the axes.
  public func coordinates(of point: Int) -> [Int] {
    precondition((0..<count).contains(point), "no such point")
    var rest = point
    return axes.map { axis in
      defer { rest /= axis.values.count }
      return rest % axis.values.count
    }
  }

  /// The point with these places.
  public func point(at coordinates: [Int]) -> Int {
    zip(axes, coordinates).reversed().reduce(0) { $0 * $1.0.values.count + $1.1 }
  }

  /// The schedule of a point. That of the standard point has no values.
  public func schedule(at point: Int) -> ProductSchedule {
    var schedule = ProductSchedule.standard
    for (axis, place) in zip(axes, coordinates(of: point)) where place != axis.standard {
      schedule[axis.knob] = axis.values[place]
    }
    return schedule
  }

  /// The share of the knobs in which two points have the same value.
  func similarity(_ first: [Int], _ second: [Int]) -> Double {
    guard !axes.isEmpty else { return 1 }
    return Double(zip(first, second).count { $0 == $1 }) / Double(axes.count)
  }
}

extension ScheduleSpace {
  /// The schedules that make sense for a product.
  ///
  /// - Parameters:
  ///   - tokens: of the product.
  ///   - threads: of the pool.
  ///   - instructionSet: whose kernels compute.
  public init(_ shape: ProductShape, tokens: Int, threads: Int, instructionSet: InstructionSet = .best) {
    let shares = threads <= 4 ? Array(1...threads) : [threads / 4, threads / 2, threads * 3 / 4, threads]
    let threadAxis = Axis(.threads, shares, standard: threads)
    let chunks = threads == 1 ? 1 : 8
    let tiles = instructionSet.tileSizes
    guard shape.isRepacked, let largestTile = tiles.last else {
      self.init(axes: [threadAxis, Axis(.chunks, [1, 2, 4, 8, 16, 32], standard: chunks)])
      return
    }
    let tileAxis = Axis(.tile, tiles.filter { $0 <= tokens }, standard: largestTile)
    let ahead = instructionSet.prefetchBytes
    if tokens <= largestTile {
      // All tokens fit one tile, which reads the weights once, from memory.
      self.init(axes: [
        threadAxis, Axis(.chunks, [1, 2, 4, 8, 16, 32], standard: chunks), tileAxis,
        Axis(.prefetch, [0, 1024, 2048, 4096, 8192, 16_384, 32_768], standard: tokens == 1 ? ahead : 0),
      ])
      return
    }
    let segments = (shape.columns + 2047) / 2048
    self.init(axes: [
      threadAxis, Axis(.chunks, [1, 4, 8], standard: chunks), tileAxis,
      Axis(.pass, [24, 48, 120, 240].filter { $0 < tokens }, standard: 120),
      Axis(.segments, segments > 2 ? [1, 2, segments] : Array(1...segments), standard: 1),
      Axis(.prefetch, [0, ahead], standard: 0),
    ])
  }
}
