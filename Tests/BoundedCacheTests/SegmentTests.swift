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
}
