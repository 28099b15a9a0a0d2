// SPDX-License-Identifier: Apache-2.0

extension KeyValueCache {
  /// The smallest budget that holds the system prompt, the tail, here or aside, one frame and `n` more tokens.
  public func leastBudget(for n: Int = 0) -> Int {
    least((systemCount + textCount + parkedCount + tokensPerTemporalPatch).addingSaturating(max(n, 0)))
  }

  /// The smallest budget that leaves so many tokens for the sequence in every group of heads.
  private func least(_ tokens: Int) -> Int {
    guard tokens > 0, tokens < Self.mostTokens, smallestCapacity(budget: tokens) < tokens else { return tokens }
    var low = tokens
    var high = 2 * tokens
    while smallestCapacity(budget: high) < tokens { (low, high) = (high, 2 * high) }
    while high - low > 1 {
      let middle = (low + high) / 2
      if smallestCapacity(budget: middle) < tokens { low = middle } else { high = middle }
    }
    return high
  }

  /// Beyond this no memory is large enough, and nothing is worth looking for.
  private static let mostTokens = 1 << 40

  /// What the group of heads with the smallest share may hold.
  private func smallestCapacity(budget: Int) -> Int {
    groups.capacities(budget: KeyValueCache.sequenceBudget(budget, offload: offload)).min() ?? budget
  }

  /// Tokens of one frame held, with the longest caption.
  var tokensPerTemporalPatch: Int { frameSize.map { $0.tokensPerTemporalPatch + layout.longestCaption } ?? 0 }

  /// Makes room for `n` more tokens, by a pass over the vision part if they would not fit.
  ///
  /// A pass leaves `targetRatio` of the room that system prompt and tail leave for vision, in whole frames, and less where
  /// `n` demands it. For a question (`.text`) at least one frame's worth stays; frames (`.vision`) may, in the last
  /// resort, take the place of everything seen before them.
  ///
  /// - Returns: what the pass did; nil when none was needed.
  /// - Throws: `budgetTooSmall` with the least that works, or `cannotAllocate` under `full`. Nothing has changed then.
  @discardableResult
  public func ensureCapacity(for n: Int, in segment: CacheSegment = .text) throws(CacheError) -> CompressionReport? {
    guard n >= 0 else { throw .invalidCount(tokens: n, grid: nil) }
    guard let budget else {
      try reserve(n)
      return nil
    }
    guard !canAppend(n) else { return nil }
    return compress(
      keeping: try keptTemporalPatches(
        budget: budget, capacities: capacities, demand: n, least: segment == .vision ? 0 : 1))
  }

  /// Changes the budget. Where more is held than the new one allows, a pass brings it down at once.
  ///
  /// - Returns: what the pass did; nil when none was needed.
  /// - Throws: `budgetTooSmall` with the least that works now, or `cannotAllocate`. Nothing has changed then.
  @discardableResult
  public func setBudget(_ newBudget: Int) throws(CacheError) -> CompressionReport? {
    let least = max(leastBudget(), 1)
    guard newBudget >= least else { throw .budgetTooSmall(budget: newBudget, least: least) }
    guard policy != .full else {
      boundedBudget = newBudget
      return nil
    }
    return try bind(to: newBudget, by: policy)
  }

  /// Changes what is kept from now on; nothing that is gone comes back. Going from `full` to another policy, the budget
  /// holds again, and a pass brings the cache down to it if needed.
  ///
  /// - Returns: what the pass did; nil when none was needed.
  /// - Throws: `budgetTooSmall` with the least that works now, or `cannotAllocate`. Nothing has changed then.
  @discardableResult
  public func setPolicy(_ newPolicy: RetentionPolicy) throws(CacheError) -> CompressionReport? {
    guard policy == .full, newPolicy != .full else {
      let before = slotCounts
      policy = newPolicy
      moveParked(from: before)
      return nil
    }
    let least = leastBudget()
    guard boundedBudget >= least else { throw .budgetTooSmall(budget: boundedBudget, least: least) }
    return try bind(to: boundedBudget, by: newPolicy)
  }

  /// Brings the cache down to a budget that is no less than the least, and its memory to that size.
  private func bind(to newBudget: Int, by newPolicy: RetentionPolicy) throws(CacheError) -> CompressionReport? {
    let newCapacities = groups.capacities(budget: KeyValueCache.sequenceBudget(newBudget, offload: offload))
    let leading = KeyValueCache.leadingPages(budget: newBudget, offload: offload)
    let isOver = groups.members.indices.contains { count(ofGroup: $0) + parkedCount > newCapacities[$0] }
    let kept =
      isOver ? try keptTemporalPatches(budget: newBudget, capacities: newCapacities, demand: 0, least: 1) : nil
    let pages = newCapacities.map { KeyValueCache.pages(for: $0) }
    // What has to grow grows before anything is given up, what has to shrink shrinks after the pass.
    let grown = zip(pages, storage.tables).map { max($0, $1.pageCount) }
    let grownLeading = max(leading, storage.tables.first?.leadingPages ?? 0)
    let before = slotCounts
    guard storage.resize(toPages: grown, leadingPages: grownLeading) else {
      throw .cannotAllocate(
        tokens: newBudget, bytes: newBudget.multipliedSaturating(by: shape.bytesPerToken(type)))
    }
    policy = newPolicy
    boundedBudget = newBudget
    capacities = newCapacities
    plans = []
    let report = kept.flatMap { compress(keeping: $0) }
    moveParked(from: before)
    // The pages in front may be fewer now; the next question chooses anew.
    endRetrieval()
    offload?.forgetResident()
    _ = storage.resize(toPages: pages, leadingPages: leading)
    return report
  }

  /// How many frames' worth of vision tokens a pass leaves the heads of each group, so that `demand` more tokens fit.
  ///
  /// All groups lose equally many tokens in a pass and gain equally many from a frame, so all are full together.
  private func keptTemporalPatches(
    budget: Int, capacities: [Int], demand: Int, least: Int
  ) throws(CacheError) -> [Int] {
    let perFrame = tokensPerTemporalPatch
    let fixed = systemCount + textCount + parkedCount
    let smallest = capacities.min() ?? budget
    guard perFrame > 0, smallest - fixed >= demand, (smallest - fixed - demand) / perFrame >= least else {
      throw .budgetTooSmall(
        budget: budget,
        least: self.least((fixed + least * perFrame).addingSaturating(demand)))
    }
    // A share such as 0.7 is not quite that in binary; the small addition keeps 0.7 of 10 frames at 7.
    let sequence = KeyValueCache.sequenceBudget(budget, offload: offload)
    let room = sequence - fixed
    let share = max(1, Int(Double(room) * parameters.targetRatio / Double(perFrame) + 1e-9))
    let uniform = min(share, (room - demand) / perFrame)
    return capacities.indices.map { group in
      let most = (capacities[group] - fixed - demand) / perFrame
      let wanted = (uniform * perFrame + capacities[group] - sequence) / perFrame
      let held = frameTokens[group] / (frameSize?.tokensPerTemporalPatch ?? 1)
      return min(max(wanted, least), most, held)
    }
  }
}
