// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import TestSupport
import Testing

@Suite("The cache tells which temporal patches of the stream it retains, and how many tokens of each")
struct RetainedTemporalPatchTests {
  private static let shape = CacheShape(layers: 3, keyValueHeads: 2, headDimension: 8)
  private static let perPatch = 4

  /// A cache of temporal patches alone, whose values tell their index in the stream.
  private struct IndexedCache {
    let cache: KeyValueCache
    private var random: SplitMix64

    init(budget: Int = 48, policy: RetentionPolicy, seed: UInt64) throws {
      cache = try KeyValueCache(
        shape: shape,
        options: KVCacheOptions(budget: budget, policy: policy, rotation: RoPEFrequencies(frequencies: [1, 0.25])))
      random = SplitMix64(seed: seed)
    }

    mutating func append(_ number: Int) throws {
      try cache.ensureCapacity(for: perPatch, in: .vision)
      try cache.append(perPatch, to: .vision, grid: GridTHW(temporalPatches: 1, height: 2, width: 2))
      for layer in 0..<shape.layers {
        for head in 0..<shape.keyValueHeads {
          for token in 0..<perPatch {
            func half() -> UInt16 { Float16(Float(random.signed()) / 128).bitPattern }
            let key = (0..<8).map { _ in half() }
            let value = [Float16(number).bitPattern] + (1..<8).map { _ in half() }
            cache.write(key, value, layer: layer, head: head, tokensFromEnd: perPatch - token)
          }
        }
      }
    }

    /// The expected result by the cached values: tokens of each temporal patch in each layer.
    var expected: [RetainedTemporalPatch] {
      var tokens: [Int: [Int]] = [:]
      for layer in 0..<shape.layers {
        for head in 0..<shape.keyValueHeads {
          for value in cache.valueRows(layer: layer, head: head) {
            tokens[Int(Float16(bitPattern: value[0])), default: [0, 0, 0]][layer] += 1
          }
        }
      }
      return tokens.keys.sorted().map { RetainedTemporalPatch(streamIndex: $0, tokens: tokens[$0] ?? []) }
    }
  }

  @Test(
    "Through compressions and re-indexed positions, each keeps its index in the stream and its count of tokens",
    arguments: [RetentionPolicy.infinipotV, .slidingWindow, .uniform, .full])
  func indices(policy: RetentionPolicy) throws {
    var indexed = try IndexedCache(policy: policy, seed: 5)
    for number in 0..<200 {
      try indexed.append(number)
      if number % 23 == 22 { indexed.cache.compactPositions() }
      if number % 7 == 6 { #expect(indexed.cache.retainedTemporalPatches() == indexed.expected) }
    }
    #expect(indexed.cache.temporalPatchesAppended == 200)
    #expect(policy == .full || indexed.cache.compressionCount > 10)
    #expect(
      indexed.cache.retainedTemporalPatches().last == RetainedTemporalPatch(streamIndex: 199, tokens: [8, 8, 8]))
    #expect(indexed.cache.tokensPerTemporalPatchAndLayer == 8)
  }

  @Test("What a compression for a question evicts is gone from the list")
  func questions() throws {
    var indexed = try IndexedCache(policy: .infinipotV, seed: 6)
    for number in 0..<40 { try indexed.append(number) }
    let before = indexed.cache.retainedTemporalPatches().reduce(0) { $0 + $1.tokens.reduce(0, +) }
    try indexed.cache.ensureCapacity(for: 30)
    let after = indexed.cache.retainedTemporalPatches().reduce(0) { $0 + $1.tokens.reduce(0, +) }
    #expect(after < before)
    #expect(indexed.cache.retainedTemporalPatches() == indexed.expected)
  }

  @Test("However often positions are re-indexed, only cached temporal patches are remembered")
  func bounded() throws {
    var indexed = try IndexedCache(policy: .infinipotV, seed: 7)
    for number in 0..<1500 {
      try indexed.append(number)
      if indexed.cache.positionedTemporalPatches > 30 { indexed.cache.compactPositions() }
      #expect(indexed.cache.positionedTemporalPatches <= 60)
    }
    #expect(indexed.cache.temporalPatchesAppended == 1500)
    #expect(indexed.cache.retainedTemporalPatches() == indexed.expected)
  }

  @Test("An emptied cache counts from 0 again")
  func emptied() throws {
    var indexed = try IndexedCache(policy: .slidingWindow, seed: 8)
    #expect(indexed.cache.retainedTemporalPatches().isEmpty)
    #expect(indexed.cache.temporalPatchesAppended == 0)
    for number in 0..<20 { try indexed.append(number) }
    indexed.cache.removeAll()
    #expect(indexed.cache.retainedTemporalPatches().isEmpty)
    #expect(indexed.cache.temporalPatchesAppended == 0)
    try indexed.append(0)
    #expect(indexed.cache.retainedTemporalPatches() == [RetainedTemporalPatch(streamIndex: 0, tokens: [8, 8, 8])])
  }
}
