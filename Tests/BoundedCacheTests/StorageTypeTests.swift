// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute
import TestSupport
import Testing

@Suite("Keys and values may be stored in 8 or 4 bits")
struct StorageTypeTests {
  private static let shape = CacheShape(layers: 2, keyValueHeads: 2, headDimension: 32)

  /// Reproducible values of a token.
  private static func row(_ token: Int, _ salt: UInt64) -> [Float] {
    var random = SplitMix64(seed: UInt64(token) &* 131 &+ salt)
    return (0..<32).map { Float(random.signed()) / 128 + Float($0) / 4 }
  }

  private static func append(_ tokens: Range<Int>, to cache: KeyValueCache) throws {
    try cache.append(tokens.count, to: .vision, grid: GridTHW(temporalPatches: 1, height: 2, width: tokens.count / 2))
    for (index, token) in tokens.enumerated() {
      for head in 0..<4 {
        let salt = UInt64(head) << 32
        cache.write(
          row(token, salt).map { Float16($0).bitPattern }, row(token, salt + 7).map { Float16($0).bitPattern },
          layer: head / 2, head: head % 2, tokensFromEnd: tokens.count - index)
      }
    }
  }

  @Test(
    "and are read nearly as they were",
    arguments: [(KeyValueType.f16, Float(0.0005)), (.q8_0, 0.01), (.q4, 0.06), (.amxfp4, 0.12)])
  func readsBack(type: KeyValueType, tolerance: Float) throws {
    let cache = try KeyValueCache(
      shape: Self.shape, options: KVCacheOptions(budget: 64, policy: .slidingWindow, type: type))
    for first in stride(from: 0, to: 48, by: 8) { try Self.append(first..<first + 8, to: cache) }
    for head in 0..<4 {
      let salt = UInt64(head) << 32
      let keys = cache.keyRows(layer: head / 2, head: head % 2)
      let values = cache.valueRows(layer: head / 2, head: head % 2)
      #expect(relativeError(keys, (0..<48).map { Self.row($0, salt) }) < tolerance)
      #expect(relativeError(values, (0..<48).map { Self.row($0, salt + 7) }) < tolerance)
    }
  }

  @Test("A token is the same after a hundred compressions as after none", arguments: KeyValueType.allCases)
  func movingChangesNothing(type: KeyValueType) throws {
    let cache = try KeyValueCache(shape: Self.shape, options: KVCacheOptions(budget: 64, policy: .uniform, type: type))
    for first in stride(from: 0, to: 64, by: 8) { try Self.append(first..<first + 8, to: cache) }
    let before = cache.valueRows(layer: 1, head: 1)[0]
    let key = cache.keyRows(layer: 1, head: 1)[0]
    // Tokens that come later are no larger, so no channel's range grows.
    for _ in 0..<100 {
      try cache.ensureCapacity(for: 8, in: .vision)
      try Self.append(0..<8, to: cache)
    }
    #expect(cache.compressionCount >= 50)
    #expect(cache.valueRows(layer: 1, head: 1)[0] == before)
    #expect(cache.keyRows(layer: 1, head: 1)[0] == key)
  }

  @Test("The same bytes hold more tokens")
  func moreTokensFit() {
    let counts = KeyValueType.allCases.map { KeyValueCache.tokens(forBytes: 1 << 20, shape: Self.shape, type: $0) }
    #expect(counts == [2048, 3840, 7280, 7280])
  }

  @Test("Larger keys that come later widen a channel's range, and cached keys stay nearly what they were")
  func rangesGrow() throws {
    let cache = try KeyValueCache(
      shape: Self.shape, options: KVCacheOptions(budget: 64, policy: .slidingWindow, type: .q4))
    try Self.append(0..<16, to: cache)
    let before = relativeError(cache.keyRows(layer: 0, head: 0), (0..<16).map { Self.row($0, 0) })
    try cache.append(2, to: .text)
    let large = Self.row(99, 0).map { Float16($0 * 1.5).bitPattern }
    for head in 0..<4 {
      for tokensFromEnd in 1...2 {
        cache.write(large, large, layer: head / 2, head: head % 2, tokensFromEnd: tokensFromEnd)
      }
    }
    let after = relativeError(Array(cache.keyRows(layer: 0, head: 0).prefix(16)), (0..<16).map { Self.row($0, 0) })
    #expect(after < 0.1 && after >= before * 0.9)
    let expected = large.map { Float(Float16(bitPattern: $0)) }
    let newest = relativeError(Array(cache.keyRows(layer: 0, head: 0).suffix(2)), [expected, expected])
    #expect(newest < 0.1)
  }

  @Test("A head dimension that the type does not support is refused")
  func refusesOddHeads() {
    #expect(throws: CacheError.unsupportedType(.q8_0, headDimension: 20)) {
      try KeyValueCache(
        shape: CacheShape(layers: 1, keyValueHeads: 1, headDimension: 20),
        options: KVCacheOptions(budget: 32, policy: .full, type: .q8_0))
    }
  }
}
