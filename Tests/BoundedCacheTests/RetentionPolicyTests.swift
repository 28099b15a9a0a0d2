// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import TestSupport
import Testing

@Suite("A policy decides from one head's keys and values alone which tokens stay")
struct RetentionPolicyTests {
  private func retained(
    _ policy: RetentionPolicy, grid: GridTHW, retaining count: Int, layer: Int = 3, layers: Int = 4,
    keys: [Float16], values: [Float16], parameters: InfiniPotVParameters = .published
  ) -> [Int] {
    let shape = CacheShape(layers: layers, keyValueHeads: 1, headDimension: keys.count / grid.tokenCount)
    var selector = TokenSelector(shape: shape, parameters: parameters)
    selector.prepare(grid: grid, retaining: count)
    // Swift 6.3 does not compile the span of a temporary array in debug.
    let (keys, values) = (keys.map(\.bitPattern), values.map(\.bitPattern))
    selector.select(policy, layer: layer, keys: keys.span, values: values.span)
    return selector.retained
  }

  @Test("The sliding window retains exactly the newest")
  func slidingWindow() throws {
    var marked = try MarkedCache(budget: 34, policy: .slidingWindow)
    try marked.append(2, to: .system)
    for _ in 0..<9 { try marked.appendPatches(height: 2, width: 2) }
    for head in 0..<2 { #expect(marked.visionOrdinals(layer: 1, head: head) == Array(10..<38)) }
  }

  @Test("Uniform retains tokens evenly spaced over all that are cached")
  func uniform() {
    let rows = [Float16](repeating: 1, count: 32)
    let grid = GridTHW(temporalPatches: 8, height: 2, width: 2)
    let evens = retained(.uniform, grid: grid, retaining: 16, keys: rows, values: rows)
    #expect(evens == Array(stride(from: 0, to: 32, by: 2)))
    let most = retained(.uniform, grid: grid, retaining: 24, keys: rows, values: rows)
    #expect(most == (0..<32).filter { $0 % 4 != 3 })
    #expect(retained(.uniform, grid: grid, retaining: 32, keys: rows, values: rows) == Array(0..<32))
  }

  @Test("Newest temporal patches, then what differs from them, then large values")
  func threeReasons() {
    // Eight temporal patches of four tokens, one pair of values each; 6 and 7 are the newest.
    let grid = GridTHW(temporalPatches: 8, height: 2, width: 2)
    var keys = [Float16]()
    var values = [Float16]()
    for token in 0..<32 {
      keys += token == 5 || token == 18 ? [-1, 0] : token % 4 == 3 && token < 24 ? [0.5, 0.5] : [1, 0]
      values += token == 9 || token == 5 ? [0, 100] : [0, 1 + Float16(token) / 64]
    }
    // 16 stay, half of them by redundancy: two newest temporal patches take up that share.
    let half = retained(.infinipotV, grid: grid, retaining: 16, keys: keys, values: values)
    #expect(half == [5, 9] + Array(18..<32))
    // 24 stay: 8 newest, 4 by redundancy (opposite keys first, then the earliest oblique ones), 12 by value.
    let three = retained(.infinipotV, grid: grid, retaining: 24, keys: keys, values: values)
    #expect(three == [3, 5, 7, 9] + Array(12..<32))
  }

  @Test("Of equals, the earlier stays")
  func tiesBreakTowardsTheEarlier() {
    let grid = GridTHW(temporalPatches: 8, height: 1, width: 2)
    let rows = [Float16](repeating: 1, count: 16 * 8)
    for layer in 1..<4 {
      let retained = retained(.infinipotV, grid: grid, retaining: 12, layer: layer, keys: rows, values: rows)
      if layer == 2 {
        // Averaged along the sequence, the edge counts a zero and ranks last; the newest are retained anyway.
        #expect(retained == [0, 1] + Array(2..<8) + Array(12..<16))
      } else {
        #expect(retained == Array(0..<8) + Array(12..<16))
      }
    }
  }

  @Test(
    "Any count is retained exactly, each token once, in order",
    arguments: [1, 2, 3, 4, 5, 9], [(1, 1), (1, 2), (2, 1), (3, 3), (1, 7)])
  func allSizes(times: Int, patch: (height: Int, width: Int)) {
    let grid = GridTHW(temporalPatches: times, height: patch.height, width: patch.width)
    var random = SplitMix64(seed: 5)
    let keys = (0..<grid.tokenCount * 3).map { _ in Float16(random.signed()) }
    for layer in 0..<4 {
      for count in 0...grid.tokenCount {
        for policy in RetentionPolicy.allCases where policy != .full {
          let retained = retained(policy, grid: grid, retaining: count, layer: layer, keys: keys, values: keys)
          #expect(retained.count == count && zip(retained, retained.dropFirst()).allSatisfy(<))
          #expect(retained.allSatisfy { $0 >= 0 && $0 < grid.tokenCount })
        }
      }
    }
  }

  @Test("Zeros, infinities and NaN from a damaged model do no harm")
  func damagedValues() {
    let grid = GridTHW(temporalPatches: 8, height: 1, width: 2)
    for value in [Float16.nan, .infinity, -.infinity, 0, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude] {
      for layer in 0..<4 {
        let rows = (0..<16 * 8).map { $0 % 11 == 0 ? 1 : value }
        #expect(retained(.infinipotV, grid: grid, retaining: 12, layer: layer, keys: rows, values: rows).count == 12)
      }
    }
  }

  @Test(
    "The retained tokens are divided as published",
    arguments: [
      // temporal patches, tokens of each, retained: newest temporal patches, by TaR, by VaN
      (32, 128, 24 * 128, 8, 512, 1536), (8, 16, 96, 2, 16, 48), (3, 4, 8, 0, 0, 8), (2, 9, 9, 0, 0, 9),
      (16, 12, 48, 2, 0, 24), (12, 5, 45, 3, 8, 22), (4, 16, 48, 1, 8, 24), (1, 5, 5, 0, 0, 5),
    ])
  func shares(times: Int, patches: Int, retained: Int, recent: Int, tar: Int, van: Int) {
    let shares = InfiniPotVShares(
      grid: GridTHW(temporalPatches: times, height: 1, width: patches), retaining: retained, parameters: .published)
    #expect(
      [shares.recentTemporalPatches, shares.tarTokens, shares.vanTokens] == [recent, tar, van])
  }

  @Test("Value norms are averaged by the layer's quarter, whatever the number of layers")
  func poolingByLayer() {
    let quarters: [ValuePooling] = [.volume(7), .plane(5), .sequence(3), .none]
    #expect((0..<28).map { ValuePooling(layer: $0, of: 28) } == (0..<28).map { quarters[$0 / 7] })
    #expect((0..<6).map { ValuePooling(layer: $0, of: 6) } == [0, 0, 1, 2, 2, 3].map { quarters[$0] })
    #expect(ValuePooling(layer: 0, of: 1) == .volume(7))
  }

  @Test("The average is over the window that fits, with zeros beyond the edge")
  func pooling() {
    var norms = ValueNorms(dimension: 1)
    let values = (1...27).map { Float16($0).bitPattern }
    let grid = GridTHW(temporalPatches: 3, height: 3, width: 3)
    norms.score(values.span, grid: grid, pooling: .volume(7))
    #expect(norms.scores[13] == 14)
    #expect(norms.scores[0] == Float(1 + 2 + 4 + 5 + 10 + 11 + 13 + 14) / 27)
    norms.score(values.span, grid: grid, pooling: .plane(5))
    #expect(norms.scores[4] == 5 && norms.scores[26] == Float(23 + 24 + 26 + 27) / 9)
    norms.score(values.span, grid: grid, pooling: .sequence(3))
    #expect(norms.scores[0] == 1 && norms.scores[9] == 10)
    norms.score(values.span, grid: grid, pooling: .none)
    #expect(norms.scores[26] == 27)
    norms.score(values.span, grid: GridTHW(temporalPatches: 1, height: 3, width: 9), pooling: .volume(7))
    #expect(norms.scores == (1...27).map { Float($0) })
  }
}
