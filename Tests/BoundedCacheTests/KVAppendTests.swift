// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute
import Testing

@Suite("Appended tokens are stored in their slots, and see what is cached before them")
struct KVAppendTests {
  private let shape = CacheShape(layers: 2, keyValueHeads: 2, headDimension: 8)

  private func engine() throws -> Engine {
    try Engine(threads: ThreadPool(threads: 1), maximumRows: 8, maximumColumns: 16, maximumHeads: 2)
  }

  /// Rows of all heads, `[tokens][2 · 8]`; every value is the token's ordinal.
  private func rows(_ ordinals: Range<Int>) throws -> FloatMatrix {
    let rows = try FloatBuffer(count: ordinals.count * 16).rows(width: 16)
    rows.set(ordinals.flatMap { Array(repeating: Float($0), count: 16) }[...])
    return rows
  }

  private func store(_ ordinals: Range<Int>, for append: KVAppend, engine: Engine) throws {
    let rows = try rows(ordinals)
    for layer in 0..<shape.layers { append.store(keys: rows, values: rows, layer: layer, engine: engine) }
  }

  private func ordinals(_ cache: KeyValueCache, layer: Int, head: Int) -> [Int] {
    cache.valueRows(layer: layer, head: head).map { Int(Float16(bitPattern: $0[0])) }
  }

  @Test("block after block, in every layer and head")
  func blocks() throws {
    let cache = try KeyValueCache(shape: shape, budget: 64, policy: .infinipotV)
    let engine = try engine()
    try store(0..<3, for: cache.append(3, to: .system), engine: engine)
    let append = try cache.append(5, to: .text)
    for block in [0..<2, 2..<5] {
      let part = append[block]
      #expect(part.count == block.count)
      try store(3 + block.lowerBound..<3 + block.upperBound, for: part, engine: engine)
      for token in 0..<part.count {
        #expect(part.rows(layer: 1, head: 0, token: token).count == 3 + block.lowerBound + token + 1)
      }
    }
    for layer in 0..<2 {
      for head in 0..<2 { #expect(ordinals(cache, layer: layer, head: head) == Array(0..<8)) }
    }
  }

  @Test("also where heads have cached different numbers of tokens")
  func headBudgets() throws {
    let profile = try HeadBudgetTests.profile([[1, 9], [9, 1]], shape: shape)
    let heads = try HeadBudgets(profile: profile, shape: shape, groupSize: 2)
    let cache = try KeyValueCache(
      shape: shape, options: KVCacheOptions(budget: 64, policy: .slidingWindow, heads: heads))
    let engine = try engine()
    for patch in 0..<60 {
      try cache.ensureCapacity(for: 4, in: .vision)
      let grid = GridTHW(temporalPatches: 1, height: 2, width: 2)
      try store(patch * 4..<patch * 4 + 4, for: cache.append(4, to: .vision, grid: grid), engine: engine)
    }
    try cache.ensureCapacity(for: 2)
    let append = try cache.append(2, to: .text)
    try store(240..<242, for: append, engine: engine)
    let counts = (0..<4).map { append.rows(layer: $0 / 2, head: $0 % 2, token: 1).count }
    #expect(counts[0] == counts[3] && counts[1] == counts[2] && counts[0] < counts[1])
    for index in 0..<4 {
      let ordinals = ordinals(cache, layer: index / 2, head: index % 2)
      #expect(ordinals == Array(242 - counts[index]..<242), "a sliding window, then the text")
    }
  }
}
