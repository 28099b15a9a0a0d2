// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import TestSupport
import Testing

@Suite("Tokens are retained for the attention that proxy queries give them")
struct ProxyQueryTests {
  private static let rotation = RoPEFrequencies(frequencies: [1, 0.25, 0.0625])

  private static let parameters: InfiniPotVParameters = .published(with: [.proxyQueries])
  private static let withTaR: InfiniPotVParameters = .published(with: [.tarAndProxyQueries])

  private func retained(
    _ queries: [[Float]], movedBy change: Int32 = 0, grid: GridTHW, retaining count: Int, keys: [Float16],
    values: [Float16],
    system: [Float16] = [], layer: Int = 0, parameters: InfiniPotVParameters = Self.parameters
  ) -> [Int] {
    let shape = CacheShape(layers: 4, keyValueHeads: 1, headDimension: keys.count / grid.tokenCount)
    var proxy = ProxyQueries(shape: shape, rotation: Self.rotation)
    for layer in 0..<4 { proxy.add(queries.flatMap(\.self), tokens: queries.count, layer: layer) }
    var selector = TokenSelector(shape: shape, parameters: parameters)
    selector.prepare(grid: grid, retaining: count, proxy: (proxy, change))
    // Swift 6.3 does not compile the span of a temporary array in debug.
    let (keys, values, system) = (keys.map(\.bitPattern), values.map(\.bitPattern), system.map(\.bitPattern))
    selector.select(.infinipotV, layer: layer, keys: keys.span, values: values.span, system: system.span)
    return selector.retained
  }

  @Test("The newest temporal patch stays whole, and of the others what any query attends to most")
  func retainsWhatIsAttendedTo() {
    let grid = GridTHW(temporalPatches: 4, height: 1, width: 2)
    // Eight tokens of eight values; each of two queries attends to one of the tokens 1 and 4.
    var keys = [Float16](repeating: 0, count: 64)
    keys[1 * 8 + 6] = 8
    keys[4 * 8 + 7] = 4
    let values = [Float16](repeating: 1, count: 64)
    let queries: [[Float]] = [[0, 0, 0, 0, 0, 0, 4, 0], [0, 0, 0, 0, 0, 0, 0, 4]]
    #expect(retained(queries, grid: grid, retaining: 4, keys: keys, values: values) == [1, 4, 6, 7])
    // With one query alone, the rest is equal, and the earlier stays.
    #expect(retained([queries[0]], grid: grid, retaining: 4, keys: keys, values: values) == [0, 1, 6, 7])
  }

  @Test("After TaR, proxy queries choose the other half of the older tokens")
  func followsTaR() {
    let grid = GridTHW(temporalPatches: 8, height: 1, width: 2)
    // All tokens but the first five resemble the newest. The query attends to the tokens 6, 7, 9 and 10.
    var keys = [Float16](repeating: 0, count: 16 * 8)
    for token in 0..<16 { keys[token * 8 + 6] = token < 5 ? -1 : 1 }
    for token in [6, 7, 9, 10] { keys[token * 8 + 7] = 0.25 }
    let values = [Float16](repeating: 0.5, count: 16 * 8)
    let retained = retained(
      [[0, 0, 0, 0, 0, 0, 0, 40]], grid: grid, retaining: 10, keys: keys, values: values, parameters: Self.withTaR)
    #expect(retained == [0, 1, 2, 3, 6, 7, 9, 10, 14, 15])
  }

  @Test("Of tokens with equal attention, the larger value stays")
  func weighsByValue() {
    let grid = GridTHW(temporalPatches: 4, height: 1, width: 2)
    let keys = [Float16](repeating: 0, count: 64)
    var values = [Float16](repeating: 1, count: 64)
    values[5 * 8] = 3
    #expect(
      retained([[1, 0, 0, 0, 0, 0, 0, 0]], grid: grid, retaining: 4, keys: keys, values: values) == [0, 5, 6, 7])
  }

  @Test("The attention that the system prompt draws is taken from a query's share")
  func systemPromptTakesItsShare() {
    let grid = GridTHW(temporalPatches: 4, height: 1, width: 2)
    var keys = [Float16](repeating: 0, count: 64)
    keys[1 * 8 + 6] = 1
    keys[4 * 8 + 7] = 1
    let values = [Float16](repeating: 1, count: 64)
    // The second query attends more to its token, but far more to the prompt.
    let queries: [[Float]] = [[0, 0, 0, 0, 0, 0, 5, 0], [0, 0, 0, 0, 0, 0, 0, 6]]
    let prompt: [Float16] = [0, 0, 0, 0, 0, 0, 0, 9]
    #expect(retained(queries, grid: grid, retaining: 3, keys: keys, values: values) == [0, 1, 4])
    #expect(retained(queries, grid: grid, retaining: 3, keys: keys, values: values, system: prompt) == [0, 1, 2])
  }

  @Test("Without recorded queries, tokens are chosen by TaR and VaN", arguments: [parameters, withTaR])
  func fallsBack(parameters: InfiniPotVParameters) {
    let grid = GridTHW(temporalPatches: 8, height: 2, width: 2)
    var random = SplitMix64(seed: 3)
    let rows = (0..<grid.tokenCount * 8).map { _ in Float16(random.signed()).bitPattern }
    let shape = CacheShape(layers: 4, keyValueHeads: 1, headDimension: 8)
    var published = TokenSelector(shape: shape, parameters: .published)
    published.prepare(grid: grid, retaining: 20)
    published.select(.infinipotV, layer: 1, keys: rows.span, values: rows.span)
    var proxied = TokenSelector(shape: shape, parameters: parameters)
    proxied.prepare(
      grid: grid, retaining: 20, proxy: (ProxyQueries(shape: shape, rotation: Self.rotation), 0))
    proxied.select(.infinipotV, layer: 1, keys: rows.span, values: rows.span)
    #expect(proxied.retained == published.retained)
  }

  @Test(
    "Any count is retained exactly, each token once, in order",
    arguments: [1, 2, 3, 5, 9], [(1, 1), (1, 2), (3, 3)])
  func allSizes(times: Int, patch: (height: Int, width: Int)) {
    let grid = GridTHW(temporalPatches: times, height: patch.height, width: patch.width)
    var random = SplitMix64(seed: 5)
    let rows = (0..<grid.tokenCount * 6).map { _ in Float16(random.signed()) / 128 }
    let queries = (0..<11).map { _ in (0..<6).map { _ in Float(random.signed()) / 128 } }
    for parameters in [Self.parameters, Self.withTaR] {
      for count in 0...grid.tokenCount {
        let retained = retained(
          queries, movedBy: 9, grid: grid, retaining: count, keys: rows, values: rows, parameters: parameters)
        #expect(retained.count == count && zip(retained, retained.dropFirst()).allSatisfy(<))
        #expect(retained.allSatisfy { $0 >= 0 && $0 < grid.tokenCount })
      }
    }
  }

  @Test("Zeros, infinities and NaN from a damaged model do no harm")
  func damagedValues() {
    let grid = GridTHW(temporalPatches: 8, height: 1, width: 2)
    for value in [Float16.nan, .infinity, -.infinity, 0, -0.0, .greatestFiniteMagnitude] {
      let rows = (0..<16 * 8).map { $0 % 11 == 0 ? 1 : value }
      for query in [Float.nan, .infinity, 0, 1] {
        let queries = [[Float](repeating: query, count: 8), [Float](repeating: 1, count: 8)]
        for parameters in [Self.parameters, Self.withTaR] {
          let retained = retained(
            queries, grid: grid, retaining: 12, keys: rows, values: rows, system: rows, parameters: parameters)
          #expect(retained.count == 12)
        }
      }
    }
  }

  @Test("What proxy queries attend to stays in the cache however much comes after it")
  func survivesCompressions() throws {
    let shape = CacheShape(layers: 2, keyValueHeads: 1, headDimension: 8)
    func cache(_ parameters: InfiniPotVParameters) throws -> KeyValueCache {
      let cache = try KeyValueCache(
        shape: shape, options: KVCacheOptions(budget: 34, policy: .infinipotV, parameters: parameters))
      var proxy = ProxyQueries(shape: shape, rotation: RoPEFrequencies(frequencies: []))
      for layer in 0..<2 { proxy.add([0, 0, 0, 0, 0, 0, 0, 4], tokens: 1, layer: layer) }
      cache.proxyQueries = proxy
      _ = try cache.append(2, to: .system)
      let half = { (value: Float) in Float16(value).bitPattern }
      for layer in 0..<2 {
        for slot in 1...2 {
          cache.write(
            [UInt16](repeating: 0, count: 8), [UInt16](repeating: half(1), count: 8), layer: layer, head: 0,
            tokensFromEnd: slot)
        }
      }
      var random = SplitMix64(seed: 1)
      for patch in 0..<60 {
        let grid = GridTHW(temporalPatches: 1, height: 2, width: 2)
        try cache.ensureCapacity(for: 4, in: .vision)
        _ = try cache.append(4, to: .vision, grid: grid)
        for layer in 0..<2 {
          for token in 0..<4 {
            // The token sought is marked in its key alone; its value is smaller than any other's.
            let isSought = patch == 3 && token == 2
            let key: [Float] = (0..<7).map { _ in Float(random.signed()) / 512 } + [isSought ? 3 : 0]
            let value = [Float](repeating: isSought ? 0.5 : 1 + Float(patch) / 64, count: 8)
            cache.write(key.map(half), value.map(half), layer: layer, head: 0, tokensFromEnd: 4 - token)
          }
        }
      }
      return cache
    }
    func hasSought(_ cache: KeyValueCache) -> Bool {
      (0..<2).allSatisfy { layer in
        cache.keyRows(layer: layer, head: 0).contains { $0[7] == Float16(3).bitPattern }
      }
    }
    #expect(hasSought(try cache(Self.parameters)))
    #expect(hasSought(try cache(Self.withTaR)))
    #expect(!hasSought(try cache(.published)))
  }
}

@Suite("A choice by proxy queries retains exactly the tokens that the reference retains")
struct ProxyQueryGoldenTests {
  /// The output of `Goldens/make_proxy_query_goldens.py`.
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
  func retainsWhatTheReferenceRetains() throws {
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
      let count = golden.questionTokens * golden.heads * golden.group * golden.dimension
      let queries = (0..<count).map { _ in Float(random.signed()) / 256 }
      proxy.add(queries, tokens: golden.questionTokens, layer: 0)
      proxy.reduce(to: golden.limit)
      var selector = TokenSelector(shape: shape, parameters: .published(with: [.proxyQueries]))
      selector.prepare(
        grid: GridTHW(temporalPatches: golden.temporalPatches, height: golden.height, width: golden.width),
        retaining: golden.keeping,
        proxy: (proxy, golden.steps))
      selector.select(
        .infinipotV, layer: 0, head: golden.head, keys: keys.span, values: values.span, system: system.span)
      #expect(selector.retained == golden.kept, "seed \(golden.seed)")
    }
  }
}
