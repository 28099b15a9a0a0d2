// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute
import Foundation
import TestSupport
import Testing

@Suite("The text segment can be parked while temporal patches are appended")
struct TextParkingTests {
  private let grid = GridTHW(temporalPatches: 1, height: 2, width: 2)

  @Test(
    "It counts, is not attended to, and comes back behind the new temporal patches", arguments: RetentionPolicy.allCases
  )
  func comesBack(policy: RetentionPolicy) throws {
    var marked = try MarkedCache(budget: 48, policy: policy)
    try marked.append(3, to: .system)
    try marked.appendPatches(height: 2, width: 2)
    try marked.append(5, to: .text)
    marked.parkText()
    #expect(marked.cache.textCount == 0 && marked.cache.parkedCount == 5 && marked.cache.count == 12)
    #expect(marked.ordinals() == Array(0..<7))
    for _ in 0..<30 {
      try marked.appendPatches(height: 2, width: 2)
      #expect(policy == .full || marked.cache.count <= 48)
    }
    marked.reattachText()
    #expect(marked.cache.textCount == 5)
    for layer in 0..<4 {
      for head in 0..<2 {
        let ordinals = try #require(marked.ordinals(layer: layer, head: head), "a value was changed")
        #expect(Array(ordinals.suffix(5)) == Array(7..<12))
        #expect(ordinals[ordinals.count - 6] == 131, "the newest temporal patch's last token")
      }
    }
  }

  @Test("It stays whole when the budget or the policy changes")
  func staysWhole() throws {
    var marked = try MarkedCache(budget: 64, policy: .infinipotV)
    try marked.append(2, to: .system)
    for _ in 0..<10 { try marked.appendPatches(height: 2, width: 2) }
    try marked.append(7, to: .text)
    marked.parkText()
    for budget in [50, 200, 31, 40] {
      try marked.cache.setBudget(budget)
      #expect(marked.cache.count <= budget)
      try marked.cache.setPolicy(.full)
      try marked.appendPatches(height: 2, width: 2)
      try marked.cache.setPolicy(.uniform)
      #expect(marked.cache.count <= budget)
    }
    #expect(throws: CacheError.budgetTooSmall(budget: 12, least: 13)) { try marked.cache.setBudget(12) }
    marked.reattachText()
    #expect(Array(try #require(marked.ordinals()).suffix(7)) == Array(42..<49))
  }

  @Test("No other text begins while it is parked, until it is discarded")
  func onlyOneText() throws {
    var marked = try MarkedCache(budget: 64, policy: .infinipotV)
    try marked.append(4, to: .text)
    marked.parkText()
    #expect(throws: CacheError.outOfOrder(.text)) { try marked.cache.append(1, to: .text) }
    marked.discardParked()
    #expect(marked.cache.count == 0)
    try marked.append(1, to: .text)
    #expect(marked.ordinals() == [4])
  }

  @Test("All heads park the whole of it, whatever their budgets")
  func headBudgets() throws {
    let shape = CacheShape(layers: 3, keyValueHeads: 2, headDimension: 8)
    let profile = try HeadBudgetTests.profile([[1, 9], [8, 2], [4, 4]])
    let budgets = try HeadBudgets(profile: profile, shape: shape, groupSize: 2)
    var marked = try MarkedCache(layers: 3, heads: 2, budget: 160, policy: .infinipotV, headBudgets: budgets)
    for _ in 0..<20 { try marked.appendPatches(height: 2, width: 2) }
    try marked.append(6, to: .text)
    marked.parkText()
    for _ in 0..<60 { try marked.appendPatches(height: 2, width: 2) }
    marked.reattachText()
    for index in 0..<6 {
      let ordinals = try #require(marked.ordinals(layer: index / 2, head: index % 2))
      #expect(Array(ordinals.suffix(6)) == Array(80..<86))
    }
  }

  @Test("Tokens can be removed from its middle")
  func removal() throws {
    var marked = try MarkedCache(budget: 64, policy: .infinipotV)
    try marked.appendPatches(height: 2, width: 2)
    try marked.append(6, to: .text)
    marked.removeFromText(1..<4)
    #expect(marked.ordinals() == [0, 1, 2, 3, 4, 8, 9])
    #expect(marked.cache.textCount == 3)
  }

  // MARK: Positions

  private let rotation = RoPEFrequencies(frequencies: [1, 0.5, 0.25, 0.125])
  private static let shape = CacheShape(layers: 1, keyValueHeads: 1, headDimension: 32)

  /// A token's own key, rotated to a position.
  private func key(_ token: Int, at position: Int) -> [Float] {
    var random = SplitMix64(seed: UInt64(token))
    var key = (0..<32).map { _ in Float(random.signed()) / 128 }
    for (pair, frequency) in rotation.frequencies.enumerated() {
      let (cosine, sine) = (Float(cos(Double(position) * frequency)), Float(sin(Double(position) * frequency)))
      let (first, second) = (key[pair], key[pair + 16])
      key[pair] = first * cosine - second * sine
      key[pair + 16] = first * sine + second * cosine
    }
    return key
  }

  private func write(_ tokens: Range<Int>, at position: Int, to cache: KeyValueCache) {
    for (index, token) in tokens.enumerated() {
      let key = key(token, at: position + index).map { Float16($0).bitPattern }
      cache.write(key, key, layer: 0, head: 0, tokensFromEnd: tokens.count - index)
    }
  }

  @Test(
    "Its keys are rotated to their new positions, and its values stay",
    arguments: [(KeyValueType.f16, Float(0.0008)), (.q8_0, 0.01), (.q4, 0.15)])
  func keysAreRotated(type: KeyValueType, tolerance: Float) throws {
    let cache = try KeyValueCache(
      shape: Self.shape, options: KVCacheOptions(budget: 64, policy: .infinipotV, rotation: rotation, type: type))
    try cache.append(4, to: .vision, grid: grid)
    write(0..<4, at: 0, to: cache)
    try cache.append(5, to: .text)
    write(4..<9, at: 10, to: cache)
    cache.parkText()
    // Other values, so that ranges which all tokens of a head share grow while the text is parked.
    try cache.append(4, to: .vision, grid: grid)
    write(20..<24, at: 4, to: cache)
    cache.reattachText(movedBy: 7, rotation: rotation)
    let keys = (4..<9).map { key($0, at: 13 + $0) }
    let values = (4..<9).map { key($0, at: 6 + $0) }
    #expect(relativeError(cache.keyRows(layer: 0, head: 0).suffix(5), keys) < tolerance)
    #expect(relativeError(cache.valueRows(layer: 0, head: 0).suffix(5), values) < tolerance)

    cache.removeFromText(1..<3, rotation: rotation)
    let left = [key(4, at: 17), key(7, at: 18), key(8, at: 19)]
    #expect(relativeError(cache.keyRows(layer: 0, head: 0).suffix(3), left) < tolerance)
  }
}
