// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import Testing

@Suite("A caption, such as a timestamp, is retained or evicted with its temporal patch")
struct CaptionTests {
  private let grid = GridTHW(temporalPatches: 1, height: 2, width: 2)

  /// Appends a caption and its temporal patch; returns the caption's ordinals.
  private func appendPatch(caption: Int, in marked: inout MarkedCache, ordinal: inout Int) throws -> [Int] {
    try marked.cache.ensureCapacity(for: caption + 4, in: .vision)
    try marked.append(caption, to: .vision)
    try marked.append(4, to: .vision, grid: grid)
    defer { ordinal += caption + 4 }
    return Array(ordinal..<ordinal + caption)
  }

  @Test(
    "After a compression the retained captions are whole, the same in every head, and in front of all vision tokens")
  func captionsStayWhole() throws {
    var marked = try MarkedCache(budget: 100, policy: .infinipotV)
    try marked.append(3, to: .system)
    var ordinal = 3
    var captions: [[Int]] = []
    for number in 0..<60 {
      captions.append(try appendPatch(caption: 2 + number % 3, in: &marked, ordinal: &ordinal))
      #expect(marked.cache.count <= 100)
    }
    #expect(marked.cache.compressionCount > 2)
    try marked.cache.ensureCapacity(for: 90 - marked.cache.systemCount - 20)

    let captionOrdinals = Set(captions.joined())
    var first: [Int]?
    for layer in 0..<4 {
      for head in 0..<2 {
        let cached = try #require(marked.visionOrdinals(layer: layer, head: head))
        let retained = cached.filter(captionOrdinals.contains)
        #expect(Array(cached.prefix(retained.count)) == retained)
        #expect(retained == retained.sorted())
        #expect(retained == captions.filter { retained.contains($0[0]) }.flatMap { $0 })
        let vision = Array(cached.dropFirst(retained.count))
        #expect(vision == vision.sorted())
        #expect(first == nil || first == retained)
        first = retained
      }
    }
    #expect(first?.isEmpty == false)
  }

  @Test("A compression retains one caption for each temporal patch's worth of tokens, and none of an evicted one")
  func captionsFollowPatches() throws {
    var marked = try MarkedCache(layers: 1, heads: 1, budget: 60, policy: .slidingWindow)
    var ordinal = 0
    var captions: [[Int]] = []
    for _ in 0..<20 { captions.append(try appendPatch(caption: 2, in: &marked, ordinal: &ordinal)) }
    try marked.cache.ensureCapacity(for: 30)
    let cached = try #require(marked.visionOrdinals())
    let retained = captions.filter { cached.contains($0[0]) }
    // A sliding window retains the newest temporal patches.
    #expect(retained == Array(captions.suffix(retained.count)))
    #expect((cached.count - 2 * retained.count) / 4 == retained.count)
  }

  @Test("Evicting every temporal patch evicts the captions")
  func nothingRemains() throws {
    var marked = try MarkedCache(layers: 1, heads: 1, budget: 20, policy: .infinipotV)
    var ordinal = 0
    for _ in 0..<3 { _ = try appendPatch(caption: 2, in: &marked, ordinal: &ordinal) }
    try marked.cache.ensureCapacity(for: 18, in: .vision)
    #expect(marked.cache.visionCount == 0)
  }

  @Test("When positions are re-indexed, a caption moves as far as its temporal patch")
  func captionsMove() throws {
    let shape = CacheShape(layers: 1, keyValueHeads: 1, headDimension: 2)
    // Each temporal patch takes 3 positions; a key's angle tells its position.
    let rotation = RoPEFrequencies(frequencies: [0.01])
    let cache = try KeyValueCache(
      shape: shape, options: KVCacheOptions(budget: 40, policy: .slidingWindow, rotation: rotation))
    func write(tokensFromEnd: Int, at position: Int) {
      let key = [cos(0.01 * Double(position)), sin(0.01 * Double(position))].map { Float16($0).bitPattern }
      cache.write(key, key, layer: 0, head: 0, tokensFromEnd: tokensFromEnd)
    }
    for _ in 0..<10 {
      try cache.ensureCapacity(for: 6, in: .vision)
      let position = cache.nextVisionPosition
      try cache.append(2, to: .vision)
      for index in 0..<2 { write(tokensFromEnd: 2 - index, at: position + index) }
      try cache.append(4, to: .vision, grid: grid, advance: 3)
      for tokensFromEnd in 1...4 { write(tokensFromEnd: tokensFromEnd, at: position + 2) }
    }
    try cache.ensureCapacity(for: 25)
    cache.compactPositions()
    #expect(cache.positionedTemporalPatches * 3 == cache.nextVisionPosition)
    #expect(cache.visionCount == cache.positionedTemporalPatches * 6)
    var expected: [Int] = []
    for patch in 0..<cache.positionedTemporalPatches { expected += [3 * patch, 3 * patch + 1] }
    for patch in 0..<cache.positionedTemporalPatches { expected += [Int](repeating: 3 * patch + 2, count: 4) }
    for (slot, position) in expected.enumerated() {
      let sine = Float(Float16(bitPattern: cache.keyRows(layer: 0, head: 0)[slot][1]))
      #expect(abs(sine - Float(sin(0.01 * Double(position)))) < 0.002)
    }
  }
}
