// SPDX-License-Identifier: Apache-2.0

/// How a budget is divided among the key-value heads of a model: heads of similar demand form groups across layers, and
/// all heads of a group cache the same number of tokens.
///
/// Equal lengths within a group let its heads share a page table; grouping by demand and not by layer wastes little
/// (Tangram). A group's budget is the mean ratio of its heads, so the total is never more than that of equal budgets.
/// Without a profile every head gets the same.
public struct HeadBudgets: Sendable, Hashable {
  /// The cache that the budgets are for.
  public let shape: CacheShape
  /// The heads of each group, by layer and head. Groups are ordered by ratio, the largest first; equal ratios by layer
  /// and head. All have `groupSize` members but the last, which has the rest.
  public let groups: [[HeadIndex]]
  /// Each group's ratio of the budget; the sum is 1.
  public let weights: [Double]
  /// The smallest budget of a head, as a ratio of an equal budget.
  public let floor: Double

  /// - Parameters:
  ///   - profile: measured ratios; nil divides equally.
  ///   - groupSize: heads in a group; less than 1 counts as 1.
  ///   - floor: the smallest budget of a head, as a ratio of an equal budget, 0 … 1. A head that was idle on the
  ///     calibration streams may be needed on others.
  /// - Throws: `wrongShape` when the profile is of another shape than the cache.
  public init(
    profile: HeadBudgetProfile?, shape: CacheShape, groupSize: Int, floor: Double = 0.25
  ) throws(HeadBudgetProfileError) {
    if let model = profile?.model, model.shape != shape.withoutStates {
      throw .wrongShape(table: "ratios", layers: shape.layers, heads: shape.keyValueHeads)
    }
    let heads = HeadBudgets.heads(of: shape)
    let equal = 1 / Double(heads.count)
    let ratios = heads.map { profile?.ratios[$0.layer][$0.head] ?? equal }
    let order = heads.indices.sorted { (-ratios[$0], $0) < (-ratios[$1], $1) }
    let size = max(groupSize, 1)
    var groups: [[HeadIndex]] = []
    var weights: [Double] = []
    for start in stride(from: 0, to: order.count, by: size) {
      let members = order[start..<min(start + size, order.count)].sorted()
      groups.append(members.map { heads[$0] })
      weights.append(members.reduce(0) { $0 + ratios[$1] })
    }
    self.shape = shape
    self.groups = groups
    self.weights = weights
    self.floor = min(max(floor, 0), 1)
  }

  /// All heads of a shape, by layer and head.
  static func heads(of shape: CacheShape) -> [HeadIndex] {
    (0..<shape.layers).flatMap { layer in
      (0..<shape.keyValueHeads).map { HeadIndex(layer: layer, head: $0) }
    }
  }

  /// For each group, the tokens of each of its heads, where equal budgets would give `count` to every head.
  ///
  /// The sum over all heads is at most `count` times their number, and less by fewer than a group's heads: ratios are
  /// rounded down, and what is left goes to the groups that lost most by rounding, the earlier first.
  public func tokens(forUniform count: Int) -> [Int] {
    guard count > 0 else { return groups.map { _ in 0 } }
    let heads = shape.layers * shape.keyValueHeads
    let least = max(1, Int(Double(count) * floor))
    let spare = (count - least) * heads
    var tokens: [Int] = []
    var remainders: [Double] = []
    var left = spare
    for (group, weight) in zip(groups, weights) {
      let ideal = Double(spare) * weight / Double(group.count)
      // A ratio such as one third of 90 is not quite 30 in binary.
      let whole = min(Int(ideal + 1e-9), left / group.count)
      tokens.append(least + whole)
      remainders.append(ideal - Double(whole))
      left -= whole * group.count
    }
    for group in groups.indices.sorted(by: { (-remainders[$0], $0) < (-remainders[$1], $1) })
    where groups[group].count <= left {
      tokens[group] += 1
      left -= groups[group].count
    }
    return tokens
  }

  /// The ratio of memory that is wasted where every head of a group takes as much memory as the group's most demanding
  /// one: (Σ m·max − Σ ratio) / Σ m·max over groups of m heads.
  public static func waste(of groups: [[HeadIndex]], ratios: [[Double]]) -> Double {
    var taken = 0.0
    var used = 0.0
    for group in groups {
      let each = group.map { ratios[$0.layer][$0.head] }
      taken += Double(group.count) * (each.max() ?? 0)
      used += each.reduce(0, +)
    }
    return taken > 0 ? (taken - used) / taken : 0
  }

  /// Groups of neighbouring heads, layer by layer, whatever their demand, to compare `waste` with.
  public static func adjacentGroups(of shape: CacheShape, size: Int) -> [[HeadIndex]] {
    let heads = heads(of: shape)
    let size = max(size, 1)
    return stride(from: 0, to: heads.count, by: size).map { Array(heads[$0..<min($0 + size, heads.count)]) }
  }
}
