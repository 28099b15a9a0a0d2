// SPDX-License-Identifier: Apache-2.0

/// Memory of a budget: slots for each group of heads, and pages for retrieved tokens.
struct CacheCapacity {
  /// The most tokens that may be cached at any moment, the mean over all heads.
  let budget: Int
  /// Tokens of the budget for the sequence, without those of retrieved pages.
  let sequenceBudget: Int
  /// Pages in front of every head's sequence, for tokens retrieved from an offload file.
  let leadingPages: Int
  /// Tokens that each head of a group may cache in its sequence.
  let tokens: [Int]

  /// The most tokens that memory is allocated for under the policy `full`, which has no budget.
  let limit: Int

  private let groups: HeadGroups
  private let hasOffload: Bool

  /// The share of the budget that retrieved pages may take.
  private static let retrievedShare = 0.25
  /// Beyond this no memory is large enough, and no budget is looked for.
  private static let mostTokens = 1 << 40

  init(budget: Int, groups: HeadGroups, hasOffload: Bool, limit: Int = .max) {
    self.budget = budget
    self.limit = limit
    self.groups = groups
    self.hasOffload = hasOffload
    leadingPages = hasOffload ? Int(Double(budget) * CacheCapacity.retrievedShare) / PageStore.pageTokens : 0
    sequenceBudget = budget - leadingPages * PageStore.pageTokens
    tokens = groups.capacities(budget: sequenceBudget)
  }

  /// The capacity of another budget, divided in the same way.
  func resized(to budget: Int) -> CacheCapacity {
    CacheCapacity(budget: budget, groups: groups, hasOffload: hasOffload, limit: limit)
  }

  /// Pages of each group's sequence.
  var pages: [Int] { tokens.map(PageStore.pages) }

  /// Tokens that the heads of the group with the smallest share may cache.
  var smallest: Int { tokens.min() ?? budget }

  /// The smallest budget that leaves `tokens` for the sequence in every group of heads, as far as no larger one has
  /// been found to be too small.
  ///
  /// Retrieved tokens take whole pages, so a budget may leave less for the sequence than a smaller one does. Where this
  /// one leaves too little, the budget that is named is above it.
  func leastBudget(for tokens: Int) -> Int {
    let tooSmall = smallest < tokens ? max(tokens - 1, budget) : tokens - 1
    guard tokens > 0, tokens < CacheCapacity.mostTokens, tooSmall < CacheCapacity.mostTokens else { return tokens }
    if leaves(tokens, in: tooSmall + 1) { return tooSmall + 1 }
    var low = tooSmall + 1
    var high = 2 * low
    while !leaves(tokens, in: high) { (low, high) = (high, 2 * high) }
    while high - low > 1 {
      let middle = (low + high) / 2
      if leaves(tokens, in: middle) { high = middle } else { low = middle }
    }
    // One that is smaller by less than a page may leave as much.
    return (max(tooSmall + 1, high - PageStore.pageTokens)...high).first { leaves(tokens, in: $0) } ?? high
  }

  private func leaves(_ tokens: Int, in budget: Int) -> Bool { resized(to: budget).smallest >= tokens }
}
