// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
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
        for remaining in 1...4 {
          let length = Float16((number * 7 + head * 5 + layer * 3 + cache.count - remaining) % 11)
          cache.write(
            key(at: position).map { Float16($0).bitPattern },
            [Float16(number).bitPattern] + Array(repeating: length.bitPattern, count: 7), layer: layer, head: head,
            remaining: remaining)
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
    let cache = try KeyValueCache(shape: shape, budget: 40, policy: .infinipotV, rotation: rotation)
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

  @Test("However long the stream, positions stay within what is cached")
  func endless() throws {
    let cache = try KeyValueCache(shape: shape, budget: 40, policy: .infinipotV, rotation: rotation)
    for number in 0..<1000 {
      try appendPatch(number % 2000, at: cache.positionedTemporalPatches, to: cache)
      if cache.positionedTemporalPatches > 20 { cache.compactPositions() }
      // 4 heads of 40 tokens have tokens of at most 160 temporal patches, and of far fewer in practice.
      #expect(cache.positionedTemporalPatches <= 60)
    }
  }

  @Test("The system prompt is not rotated")
  func systemStays() throws {
    let cache = try KeyValueCache(shape: shape, budget: 40, policy: .slidingWindow, rotation: rotation)
    try cache.append(2, to: .system)
    let rows = [0, 8].map { first in (0..<8).map { Float16(first + $0).bitPattern } }
    cache.write(rows[0], rows[0], layer: 1, head: 1, remaining: 2)
    cache.write(rows[1], rows[1], layer: 1, head: 1, remaining: 1)
    for number in 0..<30 { try appendPatch(number, at: number, to: cache) }
    cache.compactPositions()
    #expect(Array(cache.keyRows(layer: 1, head: 1).prefix(2)) == rows)
  }
}
