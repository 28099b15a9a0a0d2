// SPDX-License-Identifier: Apache-2.0

/// Heads that share a page table, and how many tokens each of them may hold.
///
/// Without a profile all heads are one group and hold equally many. With one, heads of like need lie together,
/// across layers; all groups together never take more memory than the uniform budget would (Tangram).
struct HeadGroups {
  /// The heads of each group, in the order of their columns in its pages.
  let members: [[HeadIndex]]
  /// How a budget is shared out; nil shares it equally.
  private let budgets: HeadBudgets?

  init(shape: CacheShape, budgets: HeadBudgets?) {
    self.budgets = budgets
    members =
      budgets?.groups
      ?? [
        (0..<shape.layers).flatMap { layer in
          (0..<shape.keyValueHeads).map { HeadIndex(layer: layer, head: $0) }
        }
      ]
  }

  /// Tokens that each group's heads may hold when a uniform head may hold `budget`: in whole pages where they differ.
  func capacities(budget: Int) -> [Int] {
    guard let budgets else { return [budget] }
    let pages = budget / CacheStorage.pageTokens
    return budgets.tokens(forUniform: pages).map { $0 * CacheStorage.pageTokens }
  }
}
