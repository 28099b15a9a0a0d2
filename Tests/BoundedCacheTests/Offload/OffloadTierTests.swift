// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute
import Foundation
import TestSupport
import Testing

@Suite("Evicted tokens are retrieved for the question that looks for them")
struct OffloadTierTests {
  private let shape = CacheShape(layers: 2, keyValueHeads: 2, headDimension: 8)
  private let rotation = RoPEFrequencies(frequencies: [0.5])

  private func withCache(
    policy: RetentionPolicy = .slidingWindow, type: KeyValueType = .f16, budget: Int = 192, fileBytes: Int = 1 << 20,
    _ body: (KeyValueCache, _ path: String) throws -> Void
  ) throws {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = folder.file
    let file = try OffloadFile(
      path: path, byteCount: fileBytes, shape: shape, pageTokens: KeyValueCache.pageTokens, rotation: rotation,
      tag: "test")
    let cache = try KeyValueCache(
      shape: shape,
      options: KVCacheOptions(budget: budget, policy: policy, rotation: rotation, type: type, offload: file))
    try body(cache, path)
  }

  /// Appends a temporal patch of 16 tokens. Its values tell its number; only the keys of the temporal patch `bright`
  /// are long in a pair that is not rotated, (2, 6).
  @discardableResult
  private func appendPatch(_ number: Int, bright: Int, _ cache: KeyValueCache) throws -> KVAppend {
    try cache.ensureCapacity(for: 16, in: .vision)
    let append = try cache.append(16, to: .vision, grid: GridTHW(temporalPatches: 1, height: 4, width: 4))
    var key: [Float] = [0.3, 0.1, 0, 0.2, -0.1, 0.2, 0, 0.1]
    if number == bright { key[2] = 6 }
    let value = [UInt16](repeating: Float16(number).bitPattern, count: 8)
    for head in 0..<4 {
      for tokensFromEnd in 1...16 {
        cache.write(
          key.map { Float16($0).bitPattern }, value, layer: head / 2, head: head % 2, tokensFromEnd: tokensFromEnd)
      }
    }
    return append
  }

  /// Reads a question of four tokens whose queries look along the third value of a key.
  @discardableResult
  private func ask(_ cache: KeyValueCache) throws -> KVAppend {
    let rows = try FloatBuffer(count: 4 * 32).rows(width: 32)
    rows.set((0..<128).map { $0 % 8 == 2 ? 4 : 0 }[...])
    try cache.ensureCapacity(for: 4)
    let append = try cache.append(4, to: .text, retrieving: true)
    for layer in 0..<2 { append.retrieve(layer: layer, queries: rows) }
    return append
  }

  private func retrieved(_ cache: KeyValueCache, layer: Int = 1, head: Int = 1) -> [Int] {
    cache.retrievedValueRows(layer: layer, head: head).map { Int(Float(Float16(bitPattern: $0[0])).rounded()) }
  }

  @Test(
    "the page of the temporal patch that its queries look for, long after it was evicted",
    arguments: [KeyValueType.f16, .q4])
  func isRetrieved(type: KeyValueType) throws {
    try withCache(type: type) { cache, _ in
      for number in 0..<60 { try appendPatch(number, bright: 7, cache) }
      #expect(retrieved(cache).isEmpty)
      try ask(cache)
      for layer in 0..<2 {
        for head in 0..<2 { #expect(retrieved(cache, layer: layer, head: head).filter { $0 == 7 }.count == 16) }
      }
      #expect(cache.offloadFailure == nil)
    }
  }

  @Test("also from a small file, hours of quiet later")
  func isRetrievedAfterQuiet() throws {
    // 20 pages of 704 + 64 bytes for each of 4 heads.
    try withCache(fileBytes: 8192 + 4 * 20 * 768) { cache, _ in
      for number in 0..<1000 { try appendPatch(number, bright: 6, cache) }
      try ask(cache)
      for layer in 0..<2 {
        for head in 0..<2 { #expect(retrieved(cache, layer: layer, head: head).filter { $0 == 6 }.count == 16) }
      }
    }
  }

  @Test("within the budget")
  func staysWithinTheBudget() throws {
    try withCache(policy: .infinipotV) { cache, _ in
      for number in 0..<200 {
        try appendPatch(number, bright: 7, cache)
        if number % 9 == 0 {
          try ask(cache)
          #expect(cache.count <= 192)
          cache.truncateText(to: 0)
        }
      }
      try ask(cache)
      #expect(cache.retrievedCount == 48, "a quarter of the budget, in pages")
      #expect(cache.peakCount <= 192)
      #expect(cache.allocatedByteCount == 192 * shape.bytesPerToken)
    }
  }

  @Test("and only the question sees them: temporal patches see what compression has retained")
  func temporalPatchesDoNotSeeThem() throws {
    try withCache { cache, _ in
      for number in 0..<60 { try appendPatch(number, bright: 7, cache) }
      try cache.ensureCapacity(for: 16, in: .vision)
      let cached = cache.count
      #expect(try ask(cache).rows(layer: 1, head: 0).count == cached + 48 + 1)
      cache.truncateText(to: 0)
      #expect(try appendPatch(60, bright: 7, cache).rows(layer: 1, head: 0).count == cached + 1)
      #expect(retrieved(cache).isEmpty)
    }
  }

  @Test("The file is cut short under the program: offload ends, says why, and what is cached stays as it is")
  func fileFails() throws {
    try withCache { cache, path in
      for number in 0..<60 { try appendPatch(number, bright: 7, cache) }
      try cache.ensureCapacity(for: 4)
      let cached = cache.valueRows(layer: 1, head: 1)
      truncate(path, 100)
      try ask(cache)
      #expect(cache.offloadFailure != nil)
      #expect(retrieved(cache).isEmpty && cache.retrievedCount == 0)
      cache.truncateText(to: 0)
      let isUnchanged = cache.valueRows(layer: 1, head: 1) == cached
      #expect(isUnchanged)
      for number in 60..<90 { try appendPatch(number, bright: 7, cache) }
      try ask(cache)
      #expect(retrieved(cache).isEmpty)
    }
  }

  @Test("An emptied cache retrieves nothing of the stream before")
  func emptied() throws {
    try withCache { cache, _ in
      for number in 0..<60 { try appendPatch(number, bright: 7, cache) }
      cache.removeAll()
      for number in 0..<5 { try appendPatch(number, bright: 70, cache) }
      try ask(cache)
      #expect(retrieved(cache).isEmpty)
    }
  }

  @Test("A new budget ends the retrieval for the present question")
  func resizesDuringAQuestion() throws {
    try withCache { cache, _ in
      for number in 0..<60 { try appendPatch(number, bright: 7, cache) }
      try ask(cache)
      try cache.setBudget(64)
      #expect(cache.retrievedCount == 0 && retrieved(cache).isEmpty && cache.count <= 64)
      #expect(try cache.append(1, to: .text).rows(layer: 1, head: 0).count == cache.count)
    }
  }

  @Test("A new budget gives offload its share of it")
  func resizes() throws {
    try withCache { cache, _ in
      for number in 0..<60 { try appendPatch(number, bright: 7, cache) }
      try cache.setBudget(128)
      try ask(cache)
      #expect(cache.retrievedCount == 32 && cache.count <= 128)
      #expect(retrieved(cache).filter { $0 == 7 }.count == 16)
      #expect(cache.allocatedByteCount == 128 * shape.bytesPerToken)
    }
  }
}
