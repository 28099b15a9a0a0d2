// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute
import TestSupport
import Testing

@Suite("Of a sparse stream the cache keeps the newest version of every place")
struct SparseStreamTests {
  private static let policies: [RetentionPolicy] = [.infinipotV, .slidingWindow, .uniform]
  private static let (height, width) = (3, 4)
  private static let grid = GridTHW(temporalPatches: 1, height: height, width: width)

  private func randomPlaces(_ random: inout SplitMix64) -> [Int32] {
    let places = (0..<Int32(Self.grid.tokenCount)).filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
    return places.isEmpty ? [3] : places
  }

  @Test("Whatever the policy, in every head and however long the stream", arguments: policies)
  func newestView(policy: RetentionPolicy) throws {
    var random = SplitMix64(seed: 5)
    var marked = try MarkedCache(budget: 60, policy: policy)
    try marked.append(4, to: .system)
    var newest: [Int32: Int] = [:]
    for step in 0..<400 {
      newest.merge(try marked.appendChanges(randomPlaces(&random), height: Self.height, width: Self.width)) { $1 }
      #expect(marked.cache.count <= 60)
      for layer in 0..<marked.cache.shape.layers {
        for head in 0..<marked.cache.shape.keyValueHeads {
          let cached = try #require(
            marked.visionOrdinals(layer: layer, head: head), "step \(step): a value was changed")
          #expect(Set(newest.values).isSubset(of: cached), "step \(step)")
          #expect(cached == cached.sorted(), "step \(step): not in stream order")
        }
      }
    }
    #expect(marked.cache.compressionCount > 10)
    #expect(marked.cache.temporalPatchesAppended == 400)
  }

  @Test("A place that has not changed for a thousand patches is there, beside older versions of others")
  func oldPlaces() throws {
    var marked = try MarkedCache(layers: 1, heads: 1, budget: 40, policy: .infinipotV)
    let first = try marked.appendChanges([], height: Self.height, width: Self.width)
    for _ in 0..<1000 { _ = try marked.appendChanges([0, 5], height: Self.height, width: Self.width) }
    let cached = try #require(marked.visionOrdinals())
    for place in first where ![0, 5].contains(place.key) { #expect(cached.contains(place.value)) }
    #expect(cached.count > Self.grid.tokenCount + 6)
  }

  @Test("TaR evicts older versions that are like the newest one, and keeps those that differ")
  func redundancy() throws {
    let parameters = InfiniPotVParameters(alpha: 1, recentRatio: 0.25, targetRatio: 0.75)
    let cache = try KeyValueCache(
      shape: CacheShape(layers: 1, keyValueHeads: 1, headDimension: 4),
      options: KVCacheOptions(budget: 16, policy: .infinipotV, parameters: parameters))
    let grid = GridTHW(temporalPatches: 1, height: 2, width: 2)
    func half(_ values: [Float]) -> [UInt16] { values.map { Float16($0).bitPattern } }
    func append(_ keys: [[Float]], places: [Int32]?) throws {
      try cache.ensureCapacity(for: keys.count, in: .vision)
      try cache.append(keys.count, to: .vision, grid: grid, places: places)
      for (slot, key) in keys.enumerated() {
        cache.write(half(key), half([1, 1, 1, 1]), layer: 0, head: 0, tokensFromEnd: keys.count - slot)
      }
    }
    let usual: [Float] = [1, 0, 0, 0]
    try append([usual, usual, usual, usual], places: nil)
    // Place 1 was once different; everything else repeats.
    for step in 0..<12 { try append([step == 3 ? [0, 0, 0, 1] : usual], places: [1]) }
    try append([usual], places: [1])
    #expect(cache.compressionCount > 0)
    #expect(cache.keyRows(layer: 0, head: 0).contains(half([0, 0, 0, 1])))
  }

  @Test("A sparse temporal patch needs a whole one of its shape before it, and places that are there, in order")
  func refused() throws {
    let cache = try KeyValueCache(
      shape: CacheShape(layers: 1, keyValueHeads: 1, headDimension: 4), budget: 60, policy: .infinipotV)
    func append(_ places: [Int32], count: Int? = nil, grid: GridTHW = Self.grid) throws {
      try cache.append(count ?? places.count, to: .vision, grid: grid, places: places)
    }
    #expect(!cache.canAppendSparsely(Self.grid))
    #expect(throws: CacheError.self) { try append([1]) }
    try cache.append(12, to: .vision, grid: Self.grid)
    #expect(cache.canAppendSparsely(Self.grid))
    for places: [Int32] in [[2, 1], [1, 1], [-1], [12]] {
      #expect(throws: CacheError.self) { try append(places) }
    }
    #expect(throws: CacheError.self) { try append([1, 2], count: 3) }
    let other = GridTHW(temporalPatches: 1, height: 4, width: 3)
    #expect(!cache.canAppendSparsely(other))
    #expect(throws: CacheError.self) { try append([1], grid: other) }
    #expect(cache.visionCount == 12)
    try append([1, 11])
    #expect(cache.visionCount == 14)
  }
}
