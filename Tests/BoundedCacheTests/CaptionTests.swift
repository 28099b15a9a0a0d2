// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import Testing

/// Captions: text that stands before a frame, such as a timestamp, and is kept or dropped with it.
struct CaptionTests {
  private let grid = GridTHW(temporalPatches: 1, height: 2, width: 2)

  /// Appends a caption and its frame; returns the caption's ordinals.
  private func see(_ number: Int, caption: Int, in marked: inout MarkedCache, ordinal: inout Int) throws -> [Int] {
    try marked.cache.ensureCapacity(for: caption + 4, in: .vision)
    try marked.append(caption, to: .vision)
    try marked.append(4, to: .vision, grid: grid)
    defer { ordinal += caption + 4 }
    return Array(ordinal..<ordinal + caption)
  }

  @Test("After a pass the captions that stay are whole, the same in every head, and stand before all frames")
  func captionsStayWhole() throws {
    var marked = try MarkedCache(budget: 100, policy: .infinipotV)
    try marked.append(3, to: .system)
    var ordinal = 3
    var captions: [[Int]] = []
    for number in 0..<60 {
      captions.append(try see(number, caption: 2 + number % 3, in: &marked, ordinal: &ordinal))
      #expect(marked.cache.count <= 100)
    }
    #expect(marked.cache.compressionCount > 2)
    try marked.cache.ensureCapacity(for: 90 - marked.cache.systemCount - 20)

    let captionOrdinals = Set(captions.joined())
    var first: [Int]?
    for layer in 0..<4 {
      for head in 0..<2 {
        let held = try #require(marked.visionOrdinals(layer: layer, head: head))
        let kept = held.filter(captionOrdinals.contains)
        #expect(Array(held.prefix(kept.count)) == kept)
        #expect(kept == kept.sorted())
        #expect(kept == captions.filter { kept.contains($0[0]) }.flatMap { $0 })
        let frames = Array(held.dropFirst(kept.count))
        #expect(frames == frames.sorted())
        #expect(first == nil || first == kept)
        first = kept
      }
    }
    #expect(first?.isEmpty == false)
  }

  @Test("A pass keeps no more captions than frames' worth of tokens, and never one of a frame that is gone")
  func captionsFollowFrames() throws {
    var marked = try MarkedCache(layers: 1, heads: 1, budget: 60, policy: .slidingWindow)
    var ordinal = 0
    var captions: [[Int]] = []
    for number in 0..<20 { captions.append(try see(number, caption: 2, in: &marked, ordinal: &ordinal)) }
    try marked.cache.ensureCapacity(for: 30)
    let held = try #require(marked.visionOrdinals())
    let kept = captions.filter { held.contains($0[0]) }
    // Of a sliding window the frames that stay are the newest ones.
    #expect(kept == Array(captions.suffix(kept.count)))
    #expect((held.count - 2 * kept.count) / 4 == kept.count)
  }

  @Test("Dropping every frame drops the captions")
  func nothingRemains() throws {
    var marked = try MarkedCache(layers: 1, heads: 1, budget: 20, policy: .infinipotV)
    var ordinal = 0
    for number in 0..<3 { _ = try see(number, caption: 2, in: &marked, ordinal: &ordinal) }
    try marked.cache.ensureCapacity(for: 18, in: .vision)
    #expect(marked.cache.visionCount == 0)
  }

  @Test("When the timeline's gaps are closed, a caption turns as far as its frame")
  func captionsTurn() throws {
    let shape = CacheShape(layers: 1, keyValueHeads: 1, headDimension: 2)
    // Each frame takes the timeline 3 on; a key's angle tells its place.
    let rotation = RoPEFrequencies(frequencies: [0.01])
    let cache = try KeyValueCache(shape: shape, budget: 40, policy: .slidingWindow, rotation: rotation)
    func write(remaining: Int, at place: Int) {
      let key = [cos(0.01 * Double(place)), sin(0.01 * Double(place))].map { Float16($0).bitPattern }
      cache.write(key, key, layer: 0, head: 0, remaining: remaining)
    }
    for _ in 0..<10 {
      try cache.ensureCapacity(for: 6, in: .vision)
      let place = cache.nextVisionPosition
      try cache.append(2, to: .vision)
      for index in 0..<2 { write(remaining: 2 - index, at: place + index) }
      try cache.append(4, to: .vision, grid: grid, advance: 3)
      for remaining in 1...4 { write(remaining: remaining, at: place + 2) }
    }
    try cache.ensureCapacity(for: 25)
    cache.compactPositions()
    #expect(cache.positionedTemporalPatches * 3 == cache.nextVisionPosition)
    #expect(cache.visionCount == cache.positionedTemporalPatches * 6)
    var expected: [Int] = []
    for frame in 0..<cache.positionedTemporalPatches { expected += [3 * frame, 3 * frame + 1] }
    for frame in 0..<cache.positionedTemporalPatches { expected += [Int](repeating: 3 * frame + 2, count: 4) }
    for (slot, place) in expected.enumerated() {
      let sine = Float(Float16(bitPattern: cache.keyRows(layer: 0, head: 0)[slot][1]))
      #expect(abs(sine - Float(sin(0.01 * Double(place)))) < 0.002)
    }
  }
}
