// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import TestSupport
import Testing

@Suite("Capacity is freed in whole temporal patches, and refused with the least budget that works")
struct CapacityTests {
  private let grid = GridTHW(temporalPatches: 1, height: 2, width: 3)

  /// System prompt of 3 tokens, temporal patches of 2 × 2.
  private func marked(budget: Int, patches: Int, policy: RetentionPolicy = .infinipotV) throws -> MarkedCache {
    var marked = try MarkedCache(budget: budget, policy: policy)
    try marked.append(3, to: .system)
    for _ in 0..<patches { try marked.appendPatches(height: 2, width: 2) }
    return marked
  }

  @Test("Nothing is compressed while there is capacity")
  func compressesOnlyWhenNeeded() throws {
    let cache = try marked(budget: 35, patches: 7).cache
    #expect(try cache.ensureCapacity(for: 4) == nil)
    #expect(cache.visionCount == 28 && cache.compressionCount == 0)
  }

  @Test(
    "A compression leaves three quarters of the room for vision",
    arguments: [RetentionPolicy.infinipotV, .slidingWindow, .uniform])
  func leavesThreeQuarters(policy: RetentionPolicy) throws {
    let cache = try marked(budget: 35, patches: 8, policy: policy).cache
    let report = try #require(try cache.ensureCapacity(for: 4, in: .vision))
    #expect(report.before == 32 && report.after == 24 && report.seconds >= 0)
    #expect(cache.visionCount == 24 && cache.compressionCount == 1)
  }

  @Test("A long question takes more than a quarter if it must")
  func demandEvictsMore() throws {
    let cache = try marked(budget: 35, patches: 8).cache
    #expect(try cache.ensureCapacity(for: 21)?.after == 8)
    try cache.append(21, to: .text)
    #expect(cache.count == 32)
  }

  @Test("The text counts against the room")
  func textTakesRoom() throws {
    var marked = try marked(budget: 35, patches: 8)
    try marked.cache.ensureCapacity(for: 8)
    try marked.append(8, to: .text)
    // Room for vision is now 35 − 3 − 8 = 24, three quarters of it 18, in whole temporal patches 16.
    #expect(try marked.cache.ensureCapacity(for: 1)?.after == 16)
    #expect(marked.ordinals()?.suffix(8) == marked.text[...])
  }

  @Test("For a question one temporal patch's worth stays; a longer one is refused with the least budget that works")
  func saysTheLeast() throws {
    let cache = try marked(budget: 35, patches: 8).cache
    #expect(try cache.ensureCapacity(for: 28)?.after == 4)
    #expect(throws: CacheError.budgetTooSmall(budget: 35, least: 36)) { try cache.ensureCapacity(for: 29) }
    #expect(cache.visionCount == 4)
    #expect(cache.leastBudget(for: 29) == 36)
    try cache.setBudget(36)
    try cache.ensureCapacity(for: 29)
    try cache.append(29, to: .text)
    #expect(cache.count == 36)
    #expect(throws: CacheError.budgetTooSmall(budget: 36, least: .max)) { try cache.ensureCapacity(for: .max) }
  }

  @Test("In a budget for one temporal patch, each replaces the one before")
  func onePatchAtATime() throws {
    var marked = try marked(budget: 8, patches: 1)
    for patch in 1..<5 {
      try marked.appendPatches(height: 2, width: 2)
      #expect(marked.visionOrdinals() == Array((3 + 4 * patch)..<(7 + 4 * patch)))
    }
    #expect(marked.cache.peakCount == 7)
  }

  @Test("A temporal patch that cannot fit at all is refused with the least budget that works")
  func patchTooLarge() throws {
    var marked = try MarkedCache(budget: 6, policy: .infinipotV)
    try marked.append(3, to: .system)
    #expect(throws: CacheError.budgetTooSmall(budget: 6, least: 7)) {
      try marked.cache.ensureCapacity(for: 4, in: .vision)
    }
    try marked.cache.setBudget(7)
    try marked.appendPatches(height: 2, width: 2)
    #expect(marked.cache.count == 7)
  }

  @Test("Room for two temporal patches holds two, and a compression leaves one")
  func smallestCompression() throws {
    var marked = try marked(budget: 11, patches: 2)
    #expect(marked.cache.visionCount == 8 && marked.cache.compressionCount == 0)
    try marked.appendPatches(height: 2, width: 2)
    #expect(marked.cache.visionCount == 8 && marked.cache.compressionCount == 1)
    #expect(marked.visionOrdinals()?.suffix(4) == [11, 12, 13, 14])
  }

  @Test("Appending beyond the budget is refused and changes nothing")
  func refusesBeyondBudget() throws {
    let cache = try MarkedCache(budget: 10, policy: .slidingWindow).cache
    try cache.append(6, to: .vision, grid: grid)
    #expect(throws: CacheError.noCapacity(cached: 6, adding: 5, budget: 10)) { try cache.append(5, to: .text) }
    #expect(throws: CacheError.noCapacity(cached: 6, adding: .max, budget: 10)) { try cache.append(.max, to: .text) }
    #expect(cache.count == 6)
    try cache.append(4, to: .text)
    #expect(cache.count == 10)
  }

  @Test("Under full, memory grows as needed and everything stays")
  func fullKeepsEverything() throws {
    var marked = try MarkedCache(layers: 2, heads: 1, dimension: 4, budget: 8, policy: .full)
    #expect(marked.cache.budget == nil)
    try marked.append(2, to: .system)
    for _ in 0..<40 { try marked.appendPatches(3, height: 2, width: 2) }
    try marked.append(7, to: .text)
    #expect(marked.cache.compressionCount == 0)
    #expect(marked.ordinals(layer: 1) == Array(0..<489))
  }

  @Test("Under full, a demand that no memory can hold is refused and changes nothing")
  func fullRefusesImpossibleDemand() throws {
    let cache = try MarkedCache(budget: 8, policy: .full).cache
    try cache.append(6, to: .vision, grid: grid)
    let endless = GridTHW(temporalPatches: .max / 6, height: 2, width: 3)
    #expect(throws: CacheError.self) { try cache.append(endless.tokenCount, to: .vision, grid: endless) }
    #expect(throws: CacheError.self) { try cache.ensureCapacity(for: .max) }
    #expect(cache.count == 6)
  }

  @Test("The least budget is above one that is too small, though pages for retrieved tokens come sixteen at a time")
  func leastBesideRetrievedPages() throws {
    let folder = try TemporaryFolder()
    let shape = CacheShape(layers: 1, keyValueHeads: 1, headDimension: 8)
    let file = try OffloadFile(
      path: folder.file, byteCount: 1 << 20, shape: shape, pageTokens: KeyValueCache.pageTokens,
      rotation: RoPEFrequencies(frequencies: []), tag: "test")
    let cache = try KeyValueCache(
      shape: shape, options: KVCacheOptions(budget: 63, policy: .infinipotV, offload: file))
    let patch = GridTHW(temporalPatches: 1, height: 5, width: 10)
    try cache.append(patch.tokenCount, to: .vision, grid: patch)
    // The first page of retrieved tokens comes with 64 tokens, and leaves 48.
    #expect(throws: CacheError.budgetTooSmall(budget: 64, least: 66)) { try cache.setBudget(64) }
    #expect(throws: CacheError.budgetTooSmall(budget: 49, least: 50)) { try cache.setBudget(49) }
    for (budget, tokens, least) in [(63, 64, 80), (63, 63, nil), (66, 50, nil), (66, 51, 67), (50, 50, nil)] {
      try cache.setBudget(budget)
      #expect(cache.largerBudget(for: tokens) == least)
    }
    for tokens in 51...400 {
      try cache.setBudget(66)
      let least = try #require(cache.largerBudget(for: tokens))
      try cache.setBudget(least)
      #expect(cache.largerBudget(for: tokens) == nil)
      if least > 67 { try cache.setBudget(least - 1) }
      #expect(least == 67 || cache.largerBudget(for: tokens) == least, "\(tokens)")
    }
  }

  @Test("A budget given as memory is as many tokens as fit in it, in whole pages of 16")
  func countsTokensInBytes() {
    let shape = CacheShape(layers: 6, keyValueHeads: 2, headDimension: 64)
    #expect(shape.bytesPerToken == 3072)
    #expect(KeyValueCache.tokens(forBytes: 64 << 20, shape: shape) == 21840)
    #expect(KeyValueCache.tokens(forBytes: 16 * 3072 - 1, shape: shape) == 0)
    #expect(KeyValueCache.tokens(forBytes: -1, shape: shape) == 0)
  }
}
