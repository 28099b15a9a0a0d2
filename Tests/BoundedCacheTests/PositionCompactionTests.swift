// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute
import Foundation
import TestSupport
import Testing

@Suite("Evicted temporal patches leave gaps between positions, and re-indexing closes them")
struct PositionCompactionTests {
  private let shape = CacheShape(layers: 2, keyValueHeads: 2, headDimension: 8)
  private let rotation = RoPEFrequencies(frequencies: [1, 0.25])

  /// A key that is the same for every token, rotated to a position.
  private func key(at position: Int) -> [Float] {
    var key: [Float] = [1, 0.5, 3, 4, -0.5, 2, 7, 8]
    for (pair, frequency) in rotation.frequencies.enumerated() {
      let angle = Double(position) * frequency
      let (first, second) = (key[pair], key[pair + 4])
      key[pair] = first * Float(cos(angle)) - second * Float(sin(angle))
      key[pair + 4] = first * Float(sin(angle)) + second * Float(cos(angle))
    }
    return key
  }

  /// Appends a temporal patch of 2×2 tokens. Values tell its number, and their lengths differ by head, so that heads
  /// retain different temporal patches.
  private func appendPatch(_ number: Int, at position: Int, to cache: KeyValueCache) throws {
    try cache.ensureCapacity(for: 4, in: .vision)
    try cache.append(4, to: .vision, grid: GridTHW(temporalPatches: 1, height: 2, width: 2))
    for layer in 0..<shape.layers {
      for head in 0..<shape.keyValueHeads {
        for tokensFromEnd in 1...4 {
          let length = Float16((number * 7 + head * 5 + layer * 3 + cache.count - tokensFromEnd) % 11)
          cache.write(
            key(at: position).map { Float16($0).bitPattern },
            [Float16(number).bitPattern] + Array(repeating: length.bitPattern, count: 7), layer: layer, head: head,
            tokensFromEnd: tokensFromEnd)
        }
      }
    }
  }

  /// The numbers of the temporal patches in one head, slot by slot.
  private func numbers(_ cache: KeyValueCache, layer: Int, head: Int) -> [Int] {
    cache.valueRows(layer: layer, head: head).map { Int(Float16(bitPattern: $0[0])) }
  }

  @Test("Temporal patches of which anything is cached move together, and every key is rotated to its new position")
  func keysFollow() throws {
    let cache = try KeyValueCache(
      shape: shape, options: KVCacheOptions(budget: 40, policy: .infinipotV, rotation: rotation))
    for number in 0..<30 { try appendPatch(number, at: number, to: cache) }
    #expect(cache.positionedTemporalPatches == 30)
    cache.compactPositions()

    var cached: Set<Int> = []
    for layer in 0..<shape.layers {
      for head in 0..<shape.keyValueHeads { cached.formUnion(numbers(cache, layer: layer, head: head)) }
    }
    let order = cached.sorted()
    #expect(cache.positionedTemporalPatches == order.count)
    #expect(order.count < 30, "compressions have evicted whole temporal patches")
    for layer in 0..<shape.layers {
      for head in 0..<shape.keyValueHeads {
        for (slot, number) in numbers(cache, layer: layer, head: head).enumerated() {
          let expected = key(at: try #require(order.firstIndex(of: number)))
          for index in 0..<8 {
            let found = Float(Float16(bitPattern: cache.keyRows(layer: layer, head: head)[slot][index]))
            #expect(abs(found - expected[index]) < 0.01)
          }
        }
      }
    }
  }

  @Test(
    "A key is rounded once, however often its position changes",
    arguments: [(KeyValueType.f16, Float(0.002)), (.q8_0, 0.01), (.q4, 0.09), (.amxfp4, 0.12)])
  func roundedOnce(type: KeyValueType, tolerance: Float) throws {
    let shape = CacheShape(layers: 1, keyValueHeads: 2, headDimension: 32)
    let rotation = RoPEFrequencies(frequencies: [1, 0.5, 0.25, 0.125, 0, 0.0625])
    let cache = try KeyValueCache(
      shape: shape, options: KVCacheOptions(budget: 64, policy: .infinipotV, rotation: rotation, type: type))
    var random = SplitMix64(seed: 7)
    let base = (0..<200).map { _ in (0..<32).map { _ in Float(Int8(truncatingIfNeeded: random.next())) / 128 } }
    func rotated(_ number: Int, to position: Int) -> [Float] {
      var key = base[number]
      for (pair, frequency) in rotation.frequencies.enumerated() {
        let (cosine, sine) = (Float(cos(Double(position) * frequency)), Float(sin(Double(position) * frequency)))
        (key[pair], key[pair + 16]) = (
          key[pair] * cosine - key[pair + 16] * sine, key[pair] * sine + key[pair + 16] * cosine
        )
      }
      return key
    }
    for number in 0..<200 {
      if try cache.ensureCapacity(for: 4, in: .vision) != nil { cache.compactPositions() }
      let position = cache.nextVisionPosition
      try cache.append(4, to: .vision, grid: GridTHW(temporalPatches: 1, height: 2, width: 2))
      // One token in nine has a long value and stays until longer ones come, so that it moves often.
      let length = Float16(number % 9 == 0 ? 100 + number : number % 9)
      let value = [Float16(number)] + Array(repeating: length, count: 31)
      for head in 0..<2 {
        for tokensFromEnd in 1...4 {
          cache.write(
            rotated(number, to: position).map { Float16($0).bitPattern }, value.map(\.bitPattern), layer: 0, head: head,
            tokensFromEnd: tokensFromEnd)
        }
      }
    }
    #expect(cache.compressionCount > 15)
    for head in 0..<2 {
      let tokens = cache.visionTokens(layer: 0, head: head)
      #expect(tokens.contains { $0.streamIndex < 165 }, "some tokens have moved often")
      let expected = tokens.map { rotated($0.streamIndex, to: $0.position) }
      #expect(relativeError(cache.keyRows(layer: 0, head: head), expected) < tolerance)
    }
  }

  @Test("However long the stream, positions stay within what is cached")
  func endless() throws {
    let cache = try KeyValueCache(
      shape: shape, options: KVCacheOptions(budget: 40, policy: .infinipotV, rotation: rotation))
    for number in 0..<1000 {
      try appendPatch(number % 2000, at: cache.positionedTemporalPatches, to: cache)
      if cache.positionedTemporalPatches > 20 { cache.compactPositions() }
      // 4 heads of 40 tokens have tokens of at most 160 temporal patches, and of far fewer in practice.
      #expect(cache.positionedTemporalPatches <= 60)
    }
  }

  @Test("The system prompt is not rotated")
  func systemStays() throws {
    let cache = try KeyValueCache(
      shape: shape, options: KVCacheOptions(budget: 40, policy: .slidingWindow, rotation: rotation))
    try cache.append(2, to: .system)
    let rows = [0, 8].map { first in (0..<8).map { Float16(first + $0).bitPattern } }
    cache.write(rows[0], rows[0], layer: 1, head: 1, tokensFromEnd: 2)
    cache.write(rows[1], rows[1], layer: 1, head: 1, tokensFromEnd: 1)
    for number in 0..<30 { try appendPatch(number, at: number, to: cache) }
    cache.compactPositions()
    #expect(Array(cache.keyRows(layer: 1, head: 1).prefix(2)) == rows)
  }
}
