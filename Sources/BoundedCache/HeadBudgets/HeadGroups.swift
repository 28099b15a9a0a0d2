// SPDX-License-Identifier: Apache-2.0

/// Groups of heads that share a page table and cache the same number of tokens.
///
/// Without a profile all heads are one group. With one, heads of similar demand form a group across layers, and all
/// groups together never take more memory than an equal budget for every head (Tangram).
struct HeadGroups {
  /// The heads of each group, in the order of their columns in its pages.
  let members: [[HeadIndex]]
  /// How a budget is divided; nil divides it equally.
  private let budgets: HeadBudgets?

  init(shape: CacheShape, budgets: HeadBudgets?) {
    self.budgets = budgets
    members = budgets?.groups ?? [HeadBudgets.heads(of: shape)]
  }

  var count: Int { members.count }
  var indices: Range<Int> { members.indices }

  /// Tokens that each group's heads may cache where an equal budget is `budget`: in whole pages where groups differ.
  func capacities(budget: Int) -> [Int] {
    guard let budgets else { return [budget] }
    let pages = budget / PageStore.pageTokens
    return budgets.tokens(forUniform: pages).map { $0 * PageStore.pageTokens }
  }

  /// A count of `unit` tokens for each group as tokens, the mean over all heads, rounded up.
  func mean(_ counts: [Int], unit: Int = 1) -> Int {
    var rows = 0
    var heads = 0
    for (count, members) in zip(counts, members) {
      rows += count * unit * members.count
      heads += members.count
    }
    return (rows + heads - 1) / heads
  }
}
