// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Testing

@Suite("Budget and policy of a cache in use can be changed")
struct BudgetChangeTests {
  /// System prompt of 3 tokens, temporal patches of 2 × 2.
  private func marked(budget: Int, patches: Int) throws -> MarkedCache {
    var marked = try MarkedCache(budget: budget, policy: .infinipotV)
    try marked.append(3, to: .system)
    for _ in 0..<patches { try marked.appendPatches(height: 2, width: 2) }
    return marked
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
}
