// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import TestSupport
import Testing

/// The output of `Goldens/make_infinipot_v_goldens.py`.
private struct Goldens: Decodable {
  struct Case: Decodable {
    struct Compression: Decodable {
      let appendedPatches: Int
      /// [layer][head] → hexadecimal digits, a bit for each token cached before the compression.
      let kept: [[String]]
    }
    let name: String
    let seed: UInt64
    let height, width, roomPatches, keptPatches, layers, heads, dimension: Int
    let alpha, rho: Double
    let alignment, comparison, pooling: String
    let compressions: [Compression]
  }
  let cases: [Case]

  static func load() throws -> Goldens {
    let url = try #require(Bundle.module.url(forResource: "Goldens/infinipot-v", withExtension: "json"))
    return try JSONDecoder().decode(Goldens.self, from: Data(contentsOf: url))
  }
}

/// One head's tokens, as the reference has cached them.
private struct CachedTokens {
  var keys: [[UInt16]] = []
  var values: [[UInt16]] = []

  mutating func retain(_ digits: String) throws {
    var stays: [Bool] = []
    for digit in digits {
      let bits = try #require(digit.hexDigitValue)
      for bit in [8, 4, 2, 1] { stays.append(bits & bit != 0) }
    }
    keys = zip(keys, stays).filter(\.1).map(\.0)
    values = zip(values, stays).filter(\.1).map(\.0)
  }
}

@Suite("A compression by InfiniPot-V retains exactly the tokens that the reference retains")
struct InfiniPotVGoldenTests {
  @Test("in every layer and head, shape after shape, one compression after another")
  func retainsWhatTheReferenceRetains() throws {
    let cases = try Goldens.load().cases
    #expect(cases.count >= 14)
    for golden in cases { try check(golden) }
  }

  private func check(_ golden: Goldens.Case) throws {
    let shape = CacheShape(
      layers: golden.layers, keyValueHeads: golden.heads, headDimension: golden.dimension)
    let perPatch = golden.height * golden.width
    let cache = try KeyValueCache(
      shape: shape,
      options: KVCacheOptions(
        budget: golden.roomPatches * perPatch, policy: .infinipotV,
        parameters: InfiniPotVParameters(
          alpha: golden.alpha, recentRatio: golden.rho,
          targetRatio: Double(golden.keptPatches) / Double(golden.roomPatches),
          alignment: try #require(.init(rawValue: golden.alignment)),
          comparison: try #require(.init(rawValue: golden.comparison)),
          pooling: try #require(.init(rawValue: golden.pooling))),
        rotation: RoPEFrequencies(frequencies: [1, 0.25, 0.0625])))
    let heads = golden.layers * golden.heads
    var random = SplitMix64(seed: golden.seed)
    let base = (0..<heads * perPatch * golden.dimension).map { _ in random.signed() }
    var expected = Array(repeating: CachedTokens(), count: heads)

    for (number, compression) in golden.compressions.enumerated() {
      for _ in 0..<compression.appendedPatches {
        let grid = GridTHW(temporalPatches: 1, height: golden.height, width: golden.width)
        try cache.append(perPatch, to: .vision, grid: grid)
        for head in 0..<heads {
          for patch in 0..<perPatch {
            let (key, value) = token(&random, base: base[((head * perPatch + patch) * golden.dimension)...], golden)
            expected[head].keys.append(key)
            expected[head].values.append(value)
            cache.write(
              key, value, layer: head / golden.heads, head: head % golden.heads, tokensFromEnd: perPatch - patch)
          }
        }
      }
      let report = try #require(try cache.ensureCapacity(for: perPatch, in: .vision))
      #expect(report.before == golden.roomPatches * perPatch)
      #expect(report.after == golden.keptPatches * perPatch)
      for head in 0..<heads {
        let (layer, index) = (head / golden.heads, head % golden.heads)
        try expected[head].retain(compression.kept[layer][index])
        let isEqual =
          cache.keyRows(layer: layer, head: index) == expected[head].keys
          && cache.valueRows(layer: layer, head: index) == expected[head].values
        #expect(isEqual, "\(golden.name): compression \(number), layer \(layer), head \(index)")
      }
    }
  }

  private func token(
    _ random: inout SplitMix64, base: ArraySlice<Int>, _ golden: Goldens.Case
  ) -> (key: [UInt16], value: [UInt16]) {
    func half(_ value: Int) -> UInt16 { Float16(Float(value) / 128).bitPattern }
    let keyShift = random.shift(below: 5)
    let key = base.prefix(golden.dimension).map { half($0 + random.signed() >> keyShift) }
    let valueShift = random.shift(below: 3)
    let value = (0..<golden.dimension).map { _ in half(random.signed() >> valueShift) }
    return (key, value)
  }
}
