// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Testing

@Suite("A cache that cannot be made is refused")
struct CacheCreationTests {
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

  @Test(
    "Sizes that are not positive are refused",
    arguments: [(0, 1, 1), (1, 0, 1), (1, 1, 0), (-1, -1, 1)])
  func refusesEmptyShapes(layers: Int, heads: Int, dimension: Int) {
    let shape = CacheShape(layers: layers, keyValueHeads: heads, headDimension: dimension)
    #expect(throws: CacheError.invalidShape(shape)) {
      try KeyValueCache(shape: shape, budget: 10, policy: .infinipotV)
    }
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
