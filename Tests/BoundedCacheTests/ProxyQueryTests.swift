// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import TestSupport
import Testing

@Suite("Tokens are kept for what proxy questions would look at")
struct ProxyQueryTests {
  private static let rotation = RoPEFrequencies(frequencies: [1, 0.25, 0.0625])

  private static let parameters: InfiniPotVParameters = .published(with: [.proxyQueries])

  private func kept(
    _ queries: [[Float]], steps: Int32 = 0, grid: GridTHW, keeping count: Int, keys: [Float16], values: [Float16],
    system: [Float16] = [], layer: Int = 0
  ) -> [Int] {
    let shape = CacheShape(layers: 4, keyValueHeads: 1, headDimension: keys.count / grid.tokenCount)
    var proxy = ProxyQueries(shape: shape, rotation: Self.rotation)
    for layer in 0..<4 { proxy.add(queries.flatMap(\.self), tokens: queries.count, layer: layer) }
    var selector = TokenSelector(shape: shape, parameters: Self.parameters)
    selector.prepare(grid: grid, keeping: count, proxy: (proxy, steps))
    // Swift 6.3 does not compile the span of a temporary array in debug.
    let (keys, values, system) = (keys.map(\.bitPattern), values.map(\.bitPattern), system.map(\.bitPattern))
    selector.select(.infinipotV, layer: layer, keys: keys.span, values: values.span, system: system.span)
    return selector.kept
  }

  @Test("The newest frame stays whole, and of the others what any question looks at most")
  func keepsWhatIsLookedAt() {
    let grid = GridTHW(temporalPatches: 4, height: 1, width: 2)
    // Eight tokens of eight numbers; tokens 1 and 4 are each what one of two questions looks for.
    var keys = [Float16](repeating: 0, count: 64)
    keys[1 * 8 + 6] = 8
    keys[4 * 8 + 7] = 4
    let values = [Float16](repeating: 1, count: 64)
    let looking: [[Float]] = [[0, 0, 0, 0, 0, 0, 4, 0], [0, 0, 0, 0, 0, 0, 0, 4]]
    #expect(kept(looking, grid: grid, keeping: 4, keys: keys, values: values) == [1, 4, 6, 7])
    // With one question alone, the rest is equal, and the earlier stays.
    #expect(kept([looking[0]], grid: grid, keeping: 4, keys: keys, values: values) == [0, 1, 6, 7])
  }

  @Test("Of tokens looked at alike, the larger value stays")
  func weighsByValue() {
    let grid = GridTHW(temporalPatches: 4, height: 1, width: 2)
    let keys = [Float16](repeating: 0, count: 64)
    var values = [Float16](repeating: 1, count: 64)
    values[5 * 8] = 3
    #expect(
      kept([[1, 0, 0, 0, 0, 0, 0, 0]], grid: grid, keeping: 4, keys: keys, values: values) == [0, 5, 6, 7])
  }

  @Test("What the system prompt draws to itself is taken from a question's share")
  func systemPromptTakesItsShare() {
    let grid = GridTHW(temporalPatches: 4, height: 1, width: 2)
    var keys = [Float16](repeating: 0, count: 64)
    keys[1 * 8 + 6] = 1
    keys[4 * 8 + 7] = 1
    let values = [Float16](repeating: 1, count: 64)
    // The second question looks harder at its token, but far harder at the prompt.
    let looking: [[Float]] = [[0, 0, 0, 0, 0, 0, 5, 0], [0, 0, 0, 0, 0, 0, 0, 6]]
    let prompt: [Float16] = [0, 0, 0, 0, 0, 0, 0, 9]
    #expect(kept(looking, grid: grid, keeping: 3, keys: keys, values: values) == [0, 1, 4])
    #expect(kept(looking, grid: grid, keeping: 3, keys: keys, values: values, system: prompt) == [0, 1, 2])
  }

  @Test("Without recorded questions, tokens are chosen as published")
  func fallsBack() {
    let grid = GridTHW(temporalPatches: 8, height: 2, width: 2)
    var random = SplitMix64(seed: 3)
    let numbers = (0..<grid.tokenCount * 8).map { _ in Float16(random.signed()).bitPattern }
    let shape = CacheShape(layers: 4, keyValueHeads: 1, headDimension: 8)
    var published = TokenSelector(shape: shape, parameters: .published)
    published.prepare(grid: grid, keeping: 20)
    published.select(.infinipotV, layer: 1, keys: numbers.span, values: numbers.span)
    var foreseeing = TokenSelector(shape: shape, parameters: Self.parameters)
    foreseeing.prepare(
      grid: grid, keeping: 20, proxy: (ProxyQueries(shape: shape, rotation: Self.rotation), 0))
    foreseeing.select(.infinipotV, layer: 1, keys: numbers.span, values: numbers.span)
    #expect(foreseeing.kept == published.kept)
  }

  @Test(
    "Every size has an answer: so many tokens, each once, in order",
    arguments: [1, 2, 3, 5], [(1, 1), (1, 2), (3, 3)])
  func allSizes(frames: Int, frame: (height: Int, width: Int)) {
    let grid = GridTHW(temporalPatches: frames, height: frame.height, width: frame.width)
    var random = SplitMix64(seed: 5)
    let numbers = (0..<grid.tokenCount * 6).map { _ in Float16(random.signed()) / 128 }
    let queries = (0..<11).map { _ in (0..<6).map { _ in Float(random.signed()) / 128 } }
    for count in 0...grid.tokenCount {
      let kept = kept(queries, steps: 9, grid: grid, keeping: count, keys: numbers, values: numbers)
      #expect(kept.count == count && zip(kept, kept.dropFirst()).allSatisfy(<))
      #expect(kept.allSatisfy { $0 >= 0 && $0 < grid.tokenCount })
    }
  }

  @Test("Zeros, infinities and NaN from a damaged model do no harm")
  func damagedNumbers() {
    let grid = GridTHW(temporalPatches: 8, height: 1, width: 2)
    for number in [Float16.nan, .infinity, -.infinity, 0, -0.0, .greatestFiniteMagnitude] {
      let numbers = (0..<16 * 8).map { $0 % 11 == 0 ? 1 : number }
      for query in [Float.nan, .infinity, 0, 1] {
        let queries = [[Float](repeating: query, count: 8), [Float](repeating: 1, count: 8)]
        #expect(
          kept(queries, grid: grid, keeping: 12, keys: numbers, values: numbers, system: numbers).count == 12)
      }
    }
  }

  @Test("What questions look for stays in the cache however much comes after it")
  func survivesPasses() throws {
    let shape = CacheShape(layers: 2, keyValueHeads: 1, headDimension: 8)
    func cache(_ parameters: InfiniPotVParameters) throws -> KeyValueCache {
      let cache = try KeyValueCache(shape: shape, budget: 34, policy: .infinipotV, parameters: parameters)
      var proxy = ProxyQueries(shape: shape, rotation: RoPEFrequencies(frequencies: []))
      for layer in 0..<2 { proxy.add([0, 0, 0, 0, 0, 0, 0, 4], tokens: 1, layer: layer) }
      cache.proxyQueries = proxy
      _ = try cache.append(2, to: .system)
      let half = { (number: Float) in Float16(number).bitPattern }
      for layer in 0..<2 {
        for slot in 1...2 {
          cache.write(
            [UInt16](repeating: 0, count: 8), [UInt16](repeating: half(1), count: 8), layer: layer, head: 0,
            remaining: slot)
        }
      }
      var random = SplitMix64(seed: 1)
      for frame in 0..<60 {
        let grid = GridTHW(temporalPatches: 1, height: 2, width: 2)
        try cache.ensureCapacity(for: 4, in: .vision)
        _ = try cache.append(4, to: .vision, grid: grid)
        for layer in 0..<2 {
          for place in 0..<4 {
            // The token sought is marked in its key alone; its value is smaller than any other's.
            let isSought = frame == 3 && place == 2
            let key: [Float] = (0..<7).map { _ in Float(random.signed()) / 512 } + [isSought ? 3 : 0]
            let value = [Float](repeating: isSought ? 0.5 : 1 + Float(frame) / 64, count: 8)
            cache.write(key.map(half), value.map(half), layer: layer, head: 0, remaining: 4 - place)
          }
        }
      }
      return cache
    }
    func holdsSought(_ cache: KeyValueCache) -> Bool {
      (0..<2).allSatisfy { layer in
        cache.keyRows(layer: layer, head: 0).contains { $0[7] == Float16(3).bitPattern }
      }
    }
    #expect(holdsSought(try cache(Self.parameters)))
    #expect(!holdsSought(try cache(.published)))
  }
}

@Suite("A choice by proxy questions keeps exactly the tokens that the reference keeps")
struct ProxyQueryGoldenTests {
  /// What `Goldens/make_proxy_query_goldens.py` wrote.
  private struct Goldens: Decodable {
    struct Case: Decodable {
      let seed: UInt64
      let temporalPatches, height, width, keeping, dimension, system, questionTokens, heads, head, group, limit: Int
      let steps: Int32
      let kept: [Int]
    }
    let cases: [Case]
  }

  @Test("case after case")
  func keepsWhatTheReferenceKeeps() throws {
    let url = try #require(Bundle.module.url(forResource: "Goldens/proxy-queries", withExtension: "json"))
    let cases = try JSONDecoder().decode(Goldens.self, from: Data(contentsOf: url)).cases
    #expect(cases.count >= 6)
    for golden in cases {
      let shape = CacheShape(layers: 1, keyValueHeads: golden.heads, headDimension: golden.dimension)
      var random = SplitMix64(seed: golden.seed)
      func row() -> [UInt16] { (0..<golden.dimension).map { _ in Float16(Float(random.signed()) / 256).bitPattern } }
      var keys: [UInt16] = []
      var values: [UInt16] = []
      for _ in 0..<golden.temporalPatches * golden.height * golden.width {
        keys += row()
        values += row()
      }
      let system = (0..<golden.system).flatMap { _ in row() }
      var proxy = ProxyQueries(shape: shape, rotation: RoPEFrequencies(frequencies: [1, 0.25, 0.0625]))
      let numbers = golden.questionTokens * golden.heads * golden.group * golden.dimension
      let queries = (0..<numbers).map { _ in Float(random.signed()) / 256 }
      proxy.add(queries, tokens: golden.questionTokens, layer: 0)
      proxy.reduce(to: golden.limit)
      var selector = TokenSelector(shape: shape, parameters: .published(with: [.proxyQueries]))
      selector.prepare(
        grid: GridTHW(temporalPatches: golden.temporalPatches, height: golden.height, width: golden.width),
        keeping: golden.keeping,
        proxy: (proxy, golden.steps))
      selector.select(
        .infinipotV, layer: 0, head: golden.head, keys: keys.span, values: values.span, system: system.span)
      #expect(selector.kept == golden.kept, "seed \(golden.seed)")
    }
  }
}
