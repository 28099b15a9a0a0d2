// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import Testing

/// Positions of an endless stream: passes leave gaps on the rope timeline, and `compactPositions` closes them.
struct TimelineTests {
  private let shape = CacheShape(layers: 2, keyValueHeads: 2, headDimension: 8)
  private let rotation = RoPEFrequencies(frequencies: [1, 0.25])

  /// A key that stands at a time: the same numbers for every token, turned.
  private func key(at time: Int) -> [Float] {
    var numbers: [Float] = [1, 0.5, 3, 4, -0.5, 2, 7, 8]
    for (pair, frequency) in rotation.frequencies.enumerated() {
      let angle = Double(time) * frequency
      let (first, second) = (numbers[pair], numbers[pair + 4])
      numbers[pair] = first * Float(cos(angle)) - second * Float(sin(angle))
      numbers[pair + 4] = first * Float(sin(angle)) + second * Float(cos(angle))
    }
    return numbers
  }

  /// Adds a frame of 2×2 tokens whose values tell its number and whose worth differs by head, so that heads keep
  /// different frames.
  private func addFrame(_ number: Int, at time: Int, to cache: KeyValueCache) throws {
    try cache.ensureCapacity(for: 4, in: .vision)
    try cache.append(4, to: .vision, grid: GridTHW(temporalPatches: 1, height: 2, width: 2))
    for layer in 0..<shape.layers {
      for head in 0..<shape.keyValueHeads {
        for remaining in 1...4 {
          let worth = Float16((number * 7 + head * 5 + layer * 3 + cache.count - remaining) % 11)
          cache.write(
            key(at: time).map { Float16($0).bitPattern },
            [Float16(number).bitPattern] + Array(repeating: worth.bitPattern, count: 7), layer: layer, head: head,
            remaining: remaining)
        }
      }
    }
  }

  /// The frames' numbers that a head holds, slot by slot.
  private func numbers(_ cache: KeyValueCache, layer: Int, head: Int) -> [Int] {
    cache.valueRows(layer: layer, head: head).map { Int(Float16(bitPattern: $0[0])) }
  }

  @Test("The frames that are still held anywhere move together, and every key is turned to its new time")
  func keysFollow() throws {
    let cache = try KeyValueCache(shape: shape, budget: 40, policy: .infinipotV, rotation: rotation)
    for number in 0..<30 { try addFrame(number, at: number, to: cache) }
    #expect(cache.positionedTemporalPatches == 30)
    cache.compactPositions()

    var held: Set<Int> = []
    for layer in 0..<shape.layers {
      for head in 0..<shape.keyValueHeads { held.formUnion(numbers(cache, layer: layer, head: head)) }
    }
    let order = held.sorted()
    #expect(cache.positionedTemporalPatches == order.count)
    #expect(order.count < 30, "passes have dropped whole frames")
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

  @Test("However long the stream, times stay within what is held")
  func endless() throws {
    let cache = try KeyValueCache(shape: shape, budget: 40, policy: .infinipotV, rotation: rotation)
    for number in 0..<1000 {
      try addFrame(number % 2000, at: cache.positionedTemporalPatches, to: cache)
      if cache.positionedTemporalPatches > 20 { cache.compactPositions() }
      // 4 heads of 40 tokens hold no more than 160 frames between them, and far fewer in truth.
      #expect(cache.positionedTemporalPatches <= 60)
    }
  }

  @Test("A system prompt is not turned")
  func systemStays() throws {
    let cache = try KeyValueCache(shape: shape, budget: 40, policy: .slidingWindow, rotation: rotation)
    try cache.append(2, to: .system)
    let rows = [0, 8].map { first in (0..<8).map { Float16(first + $0).bitPattern } }
    cache.write(rows[0], rows[0], layer: 1, head: 1, remaining: 2)
    cache.write(rows[1], rows[1], layer: 1, head: 1, remaining: 1)
    for number in 0..<30 { try addFrame(number, at: number, to: cache) }
    cache.compactPositions()
    #expect(Array(cache.keyRows(layer: 1, head: 1).prefix(2)) == rows)
  }
}
