// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import TestSupport
import Testing

/// Which frames of the stream are still held, and how much of them: compared with a record that the tokens themselves
/// carry.
struct RetainedFramesTests {
  private static let shape = CacheShape(layers: 3, keyValueHeads: 2, headDimension: 8)
  private static let perFrame = 4

  /// A cache whose values tell the stream's frame number, with nothing but frames in it.
  private struct Watching {
    let cache: KeyValueCache
    private var random: SplitMix64

    init(budget: Int = 48, policy: RetentionPolicy, seed: UInt64) throws {
      cache = try KeyValueCache(
        shape: shape, budget: budget, policy: policy, rotation: RoPEFrequencies(frequencies: [1, 0.25]))
      random = SplitMix64(seed: seed)
    }

    mutating func see(_ number: Int) throws {
      try cache.ensureCapacity(for: perFrame, in: .vision)
      try cache.append(perFrame, to: .vision, grid: GridTHW(temporalPatches: 1, height: 2, width: 2))
      for layer in 0..<shape.layers {
        for head in 0..<shape.keyValueHeads {
          for place in 0..<perFrame {
            func half() -> UInt16 { Float16(Float(random.signed()) / 128).bitPattern }
            let key = (0..<8).map { _ in half() }
            let value = [Float16(number).bitPattern] + (1..<8).map { _ in half() }
            cache.write(key, value, layer: layer, head: head, remaining: perFrame - place)
          }
        }
      }
    }

    /// What the held values say: tokens of each frame in each layer.
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
    "Through passes and closed gaps, each frame keeps its number in the stream and its count of tokens",
    arguments: [RetentionPolicy.infinipotV, .slidingWindow, .uniform, .full])
  func numbers(policy: RetentionPolicy) throws {
    var watching = try Watching(policy: policy, seed: 5)
    for number in 0..<200 {
      try watching.see(number)
      if number % 23 == 22 { watching.cache.compactPositions() }
      if number % 7 == 6 { #expect(watching.cache.retainedTemporalPatches() == watching.expected) }
    }
    #expect(watching.cache.temporalPatchesAppended == 200)
    #expect(policy == .full || watching.cache.compressionCount > 10)
    #expect(
      watching.cache.retainedTemporalPatches().last == RetainedTemporalPatch(streamIndex: 199, tokens: [8, 8, 8]))
    #expect(watching.cache.tokensPerTemporalPatchAndLayer == 8)
  }

  @Test("What a question's pass takes away is gone from the list")
  func questions() throws {
    var watching = try Watching(policy: .infinipotV, seed: 6)
    for number in 0..<40 { try watching.see(number) }
    let before = watching.cache.retainedTemporalPatches().reduce(0) { $0 + $1.tokens.reduce(0, +) }
    try watching.cache.ensureCapacity(for: 30)
    let after = watching.cache.retainedTemporalPatches().reduce(0) { $0 + $1.tokens.reduce(0, +) }
    #expect(after < before)
    #expect(watching.cache.retainedTemporalPatches() == watching.expected)
  }

  @Test("Closing gaps again and again leaves no more than what is held to remember")
  func bounded() throws {
    var watching = try Watching(policy: .infinipotV, seed: 7)
    for number in 0..<1500 {
      try watching.see(number)
      if watching.cache.positionedTemporalPatches > 30 { watching.cache.compactPositions() }
      #expect(watching.cache.positionedTemporalPatches <= 60)
    }
    #expect(watching.cache.temporalPatchesAppended == 1500)
    #expect(watching.cache.retainedTemporalPatches() == watching.expected)
  }

  @Test("An emptied cache begins to count anew")
  func emptied() throws {
    var watching = try Watching(policy: .slidingWindow, seed: 8)
    #expect(watching.cache.retainedTemporalPatches().isEmpty)
    #expect(watching.cache.temporalPatchesAppended == 0)
    for number in 0..<20 { try watching.see(number) }
    watching.cache.removeAll()
    #expect(watching.cache.retainedTemporalPatches().isEmpty)
    #expect(watching.cache.temporalPatchesAppended == 0)
    try watching.see(0)
    #expect(watching.cache.retainedTemporalPatches() == [RetainedTemporalPatch(streamIndex: 0, tokens: [8, 8, 8])])
  }
}
