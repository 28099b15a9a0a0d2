// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Testing

@Suite("The cache is system prompt, vision and text, in this order")
struct SegmentTests {
  private let grid = GridTHW(temporalPatches: 1, height: 2, width: 3)

  @Test("Slots are claimed one after another")
  func claimsSlotsInOrder() throws {
    var marked = try MarkedCache(budget: 100, policy: .infinipotV)
    let cache = marked.cache
    try marked.append(4, to: .system)
    try marked.append(1, to: .system)
    try marked.append(6, to: .vision, grid: grid)
    try marked.append(12, to: .vision, grid: GridTHW(temporalPatches: 2, height: 2, width: 3))
    try marked.append(2, to: .text)
    #expect(marked.ordinals(layer: 3, head: 1) == Array(0..<25))
    #expect(
      [cache.systemCount, cache.visionCount, cache.textCount, cache.count, cache.peakCount] == [5, 18, 2, 25, 25])
    #expect(cache.byteCount == 25 * 4 * 2 * 8 * 4)
  }

  @Test("An earlier segment is closed once a later one has begun")
  func refusesToGoBack() throws {
    let cache = try MarkedCache(budget: 100, policy: .infinipotV).cache
    try cache.append(6, to: .vision, grid: grid)
    #expect(throws: CacheError.outOfOrder(.system)) { try cache.append(1, to: .system) }
    try cache.append(1, to: .text)
    #expect(throws: CacheError.outOfOrder(.vision)) { try cache.append(6, to: .vision, grid: grid) }
    cache.truncateText(to: 0)
    try cache.append(6, to: .vision, grid: grid)
    #expect(cache.visionCount == 12)
  }

  @Test("Truncating the text frees its slots, and never touches the rest")
  func truncatesTheText() throws {
    let cache = try MarkedCache(budget: 100, policy: .infinipotV).cache
    try cache.append(6, to: .vision, grid: grid)
    try cache.append(5, to: .text)
    cache.truncateText(to: 9)
    #expect(cache.textCount == 5)
    cache.truncateText(to: 2)
    #expect(cache.textCount == 2)
    cache.truncateText(to: -3)
    #expect(cache.count == 6)
    #expect(cache.peakCount == 11)
  }

  @Test("Temporal patches of another shape are refused until the old ones are gone")
  func refusesAnotherGrid() throws {
    let cache = try MarkedCache(budget: 100, policy: .infinipotV).cache
    try cache.append(6, to: .vision, grid: grid)
    let other = GridTHW(temporalPatches: 1, height: 3, width: 2)
    #expect(throws: CacheError.gridChanged(cached: grid, appended: other)) {
      try cache.append(6, to: .vision, grid: other)
    }
    cache.removeAll()
    #expect(cache.count == 0 && cache.peakCount == 0 && cache.compressionCount == 0)
    try cache.append(6, to: .vision, grid: other)
    #expect(cache.count == 6)
  }

  @Test(
    "A count that is not what the grid says is refused, however large",
    arguments: [
      (6, GridTHW(temporalPatches: 1, height: 2, width: 2)), (0, GridTHW(temporalPatches: 0, height: 2, width: 2)),
      (4, GridTHW(temporalPatches: 1, height: -2, width: -2)),
      (1, GridTHW(temporalPatches: .max, height: .max, width: 3)),
      (-1, nil), (0, nil),
    ] as [(Int, GridTHW?)])
  func refusesWrongCounts(n: Int, grid: GridTHW?) throws {
    let cache = try MarkedCache(budget: 100, policy: .infinipotV).cache
    #expect(throws: CacheError.invalidCount(tokens: n, grid: grid)) { try cache.append(n, to: .vision, grid: grid) }
    #expect(cache.count == 0)
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

  @Test("A cache that no memory can hold is refused with the figure", arguments: [RetentionPolicy.infinipotV, .full])
  func refusesImpossibleMemory(policy: RetentionPolicy) throws {
    let shape = CacheShape(layers: 1 << 20, keyValueHeads: 1 << 20, headDimension: 1 << 19)
    #expect(shape.bytesPerToken == 1 << 61)
    #expect(throws: CacheError.cannotAllocate(tokens: 4, bytes: .max)) {
      try KeyValueCache(shape: shape, budget: 4, policy: policy)
    }
    let endless = CacheShape(layers: .max, keyValueHeads: .max, headDimension: .max)
    #expect(endless.bytesPerToken == .max)
    #expect(KeyValueCache.tokens(forBytes: 1 << 40, shape: endless) == 0)
    #expect(throws: CacheError.self) { try KeyValueCache(shape: endless, budget: 1, policy: policy) }
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

  @Test(
    "Sizes that are not positive are refused",
    arguments: [(0, 1, 1), (1, 0, 1), (1, 1, 0), (-1, -1, 1)])
  func refusesEmptyShapes(layers: Int, heads: Int, dimension: Int) {
    let shape = CacheShape(layers: layers, keyValueHeads: heads, headDimension: dimension)
    #expect(throws: CacheError.invalidShape(shape)) {
      try KeyValueCache(shape: shape, budget: 10, policy: .infinipotV)
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
