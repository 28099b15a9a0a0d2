// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Testing

@Suite("Capacity is freed in whole temporal patches, and refused with the least budget that works")
struct CapacityTests {
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

  @Test("Shrinking the budget compresses at once and frees the memory")
  func shrinksAtOnce() throws {
    var marked = try marked(budget: 100, patches: 8)
    try marked.append(5, to: .text)
    let report = try #require(try marked.cache.setBudget(24))
    // Room for vision is 24 − 3 − 5 = 16, three quarters of it 12.
    #expect(report.before == 32 && report.after == 12)
    #expect(marked.cache.budget == 24 && marked.cache.count == 20)
    #expect(marked.cache.allocatedByteCount == 32 * marked.cache.shape.bytesPerToken, "two pages of 16")
    #expect(marked.ordinals(layer: 3, head: 1)?.prefix(3) == [0, 1, 2])
    #expect(marked.ordinals(layer: 3, head: 1)?.suffix(5) == [35, 36, 37, 38, 39])
  }

  @Test("Growing the budget evicts nothing and adds capacity")
  func grows() throws {
    var marked = try marked(budget: 35, patches: 8)
    #expect(try marked.cache.setBudget(70) == nil)
    try marked.append(30, to: .text)
    #expect(marked.ordinals(layer: 2, head: 1) == Array(0..<65))
  }

  @Test("A budget below the least is refused and changes nothing")
  func refusesBelowTheLeast() throws {
    var marked = try marked(budget: 35, patches: 5)
    try marked.append(2, to: .text)
    #expect(throws: CacheError.budgetTooSmall(budget: 8, least: 9)) { try marked.cache.setBudget(8) }
    #expect(throws: CacheError.budgetTooSmall(budget: -1, least: 9)) { try marked.cache.setBudget(-1) }
    #expect(throws: CacheError.self) { try marked.cache.setBudget(.max) }
    #expect(marked.cache.budget == 35 && marked.cache.count == 25)
    try marked.cache.setBudget(9)
    #expect(marked.cache.visionCount == 4)
  }

  @Test("Coming back from full, the budget holds again")
  func comesBackFromFull() throws {
    var marked = try marked(budget: 35, patches: 8)
    #expect(try marked.cache.setPolicy(.full) == nil)
    for _ in 0..<300 { try marked.appendPatches(height: 2, width: 2) }
    #expect(marked.cache.visionCount == 1232)
    #expect(try marked.cache.setPolicy(.slidingWindow)?.after == 24)
    #expect(marked.cache.budget == 35)
    #expect(marked.cache.allocatedByteCount == 48 * marked.cache.shape.bytesPerToken, "three pages of 16")
    #expect(marked.visionOrdinals() == Array(1211..<1235))
  }

  @Test("Coming back from full fails where the budget cannot hold the text, and changes nothing")
  func cannotComeBackFromFull() throws {
    var marked = try marked(budget: 35, patches: 8)
    try marked.cache.setPolicy(.full)
    try marked.append(40, to: .text)
    #expect(throws: CacheError.budgetTooSmall(budget: 35, least: 47)) { try marked.cache.setPolicy(.uniform) }
    #expect(marked.cache.policy == .full && marked.cache.count == 75)
  }

  @Test("A ratio out of range is refused", arguments: [-0.1, 1.1, .nan, .infinity])
  func refusesBadRatios(ratio: Double) {
    let shape = CacheShape(layers: 1, keyValueHeads: 1, headDimension: 1)
    for parameters in [
      InfiniPotVParameters(alpha: ratio, recentRatio: 0.25, targetRatio: 0.75),
      InfiniPotVParameters(alpha: 0.5, recentRatio: ratio, targetRatio: 0.75),
      InfiniPotVParameters(alpha: 0.5, recentRatio: 0.25, targetRatio: ratio),
    ] {
      #expect(throws: CacheError.self) {
        try KeyValueCache(
          shape: shape, options: KVCacheOptions(budget: 10, policy: .infinipotV, parameters: parameters))
      }
    }
  }
}
