// SPDX-License-Identifier: Apache-2.0

/// How the cache stays within its budget, and changes it. `KeyValueCache` documents the methods that it passes on.
extension CacheState {
  func leastBudget(for n: Int) -> Int { target(capacity).leastBudget(for: n) }

  mutating func ensureCapacity(for n: Int, in segment: CacheSegment) throws(CacheError) -> CompressionReport? {
    guard n >= 0 else { throw .invalidCount(tokens: n, grid: nil) }
    try allocate(n)
    guard !canAppend(n) else { return nil }
    return compress(to: try target(capacity).temporalPatches(demand: n, least: segment == .vision ? 0 : 1))
  }

  mutating func setBudget(_ newBudget: Int) throws(CacheError) -> CompressionReport? {
    try check(capacity.resized(to: newBudget))
    guard policy != .full else {
      capacity = capacity.resized(to: newBudget)
      return nil
    }
    return try bind(to: newBudget, by: policy)
  }

  mutating func setPolicy(_ newPolicy: RetentionPolicy) throws(CacheError) -> CompressionReport? {
    guard policy == .full, newPolicy != .full else {
      compressor.policy = newPolicy
      if newPolicy == .full { TextParking.resize(&layout, to: store.allocatedSlots, in: store) }
      return nil
    }
    try check(capacity)
    return try bind(to: capacity.budget, by: newPolicy)
  }

  /// Whether a capacity holds the system prompt, the text and one temporal patch.
  private func check(_ capacity: CacheCapacity) throws(CacheError) {
    let target = target(capacity)
    guard capacity.budget > 0, capacity.smallest >= target.leastTokens else {
      throw .budgetTooSmall(budget: capacity.budget, least: max(target.leastBudget(for: 0), 1))
    }
  }

  /// Brings the cache down to a budget that is no less than the least, and its memory to that size.
  private mutating func bind(to newBudget: Int, by newPolicy: RetentionPolicy) throws(CacheError) -> CompressionReport?
  {
    let newCapacity = capacity.resized(to: newBudget)
    let patches =
      layout.fits(in: newCapacity.tokens) ? nil : try target(newCapacity).temporalPatches(demand: 0, least: 1)
    // Pages to be gained are allocated before anything is evicted. Pages to be lost are freed after the compression.
    let grown = zip(newCapacity.pages, store.tables).map { max($0, $1.pageCount) }
    guard store.resize(toPages: grown, leadingPages: max(newCapacity.leadingPages, store.leadingPages)) else {
      throw .cannotAllocate(
        tokens: newBudget, bytes: newBudget.multipliedSaturating(by: shape.bytesPerToken(store.type)))
    }
    compressor.policy = newPolicy
    capacity = newCapacity
    let report = patches.flatMap { compress(to: $0) }
    TextParking.resize(&layout, to: newCapacity.tokens, in: store)
    // There may be fewer leading pages now; the next question chooses again.
    offload?.endRetrieval()
    offload?.forgetResident()
    _ = store.resize(toPages: newCapacity.pages, leadingPages: newCapacity.leadingPages)
    return report
  }

  private func target(_ capacity: CacheCapacity) -> CompressionTarget {
    CompressionTarget(layout: layout, capacity: capacity, targetRatio: compressor.parameters.targetRatio)
  }

  private mutating func compress(to temporalPatches: [Int]) -> CompressionReport? {
    defer { updateRotations() }
    return compressor.compress(to: temporalPatches, &layout, &origins, in: store, offload: offload)
  }
}
