// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import TestSupport
import Testing

/// What is put into a offload file comes back, turned to where it belongs.
struct RecallFileTests {
  private let shape = CacheShape(layers: 2, keyValueHeads: 3, headDimension: 8)
  private let rotation = RoPEFrequencies(frequencies: [1, 0, 0.25])
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func file(pageTokens: Int = 4, byteCount: Int = 1 << 20) throws -> OffloadFile {
    try OffloadFile(
      path: folder.file, byteCount: byteCount, shape: shape, pageTokens: pageTokens, rotation: rotation, tag: "test")
  }

  /// Tokens of consecutive frames, two a frame, keys standing at their frame's number.
  private func rows(frames: Range<Int64>, _ chance: inout SplitMix64) -> RecallRows {
    var rows = RecallRows()
    for frame in frames {
      for place in 0..<2 as Range<Int32> {
        rows.add(chance.numbers(8), chance.numbers(8), frame: frame, place: place, position: Int32(frame))
      }
    }
    return rows
  }

  @Test("Each head gets its own tokens back, to the bit")
  func roundTrip() throws {
    let file = try file()
    var chance = SplitMix64(seed: 1)
    var given: [RecallRows] = []
    for layer in 0..<2 {
      for head in 0..<3 {
        let rows = rows(frames: 10..<16, &chance)
        try file.append(rows, layer: layer, head: head)
        given.append(rows)
      }
    }
    for layer in 0..<2 {
      for head in 0..<3 {
        let expected = given[layer * 3 + head]
        let pages = try file.pages(layer: layer, head: head).sorted { $0.page < $1.page }
        #expect(pages.map(\.page) == [1, 2, 3])
        #expect(pages.map(\.shift) == [0, 0, 0])
        let found = try pages.map { try file.rows(of: $0, layer: layer, head: head) }
        #expect(found.flatMap(\.keys) == expected.keys)
        #expect(found.flatMap(\.values) == expected.values)
        #expect(found.flatMap(\.tokens) == expected.tokens)
      }
    }
    #expect(file.pageCount == 18)
    #expect(file.statistics.tokens == 6 * 12)
    #expect(file.statistics.pagesWritten == 18)
  }

  @Test("A page is turned as a whole to where its first frame belongs today")
  func shifted() throws {
    let file = try file()
    var chance = SplitMix64(seed: 2)
    let rows = rows(frames: 100..<102, &chance)
    try file.append(rows)
    let page = try #require(try file.pages(place: { Int32($0 - 93) }).first)
    #expect(page.shift == -93)
    let found = try file.rows(of: page)
    for row in 0..<4 {
      let expected = turned(floats(rows.keys[row * 8..<row * 8 + 8]), by: -93, rotation)
      for (number, right) in zip(floats(found.keys[row * 8..<row * 8 + 8]), expected) {
        #expect(abs(number - right) < 0.002)
      }
    }
    #expect(found.values == rows.values)
  }

  @Test("Tokens that wait for their page to fill up are ranked and read like others")
  func waiting() throws {
    let file = try file()
    var chance = SplitMix64(seed: 3)
    let rows = rows(frames: 0..<3, &chance)
    try file.append(rows)
    #expect(file.pageCount == 1)
    let pages = try file.pages(place: { Int32($0 + 5) }).sorted { $0.page < $1.page }
    #expect(pages.map(\.page) == [1, 2])
    #expect(pages.map(\.shift) == [5, 5])
    let found = try file.rows(of: pages[1])
    #expect(found.tokens == Array(rows.tokens[4...]))
    #expect(found.values == Array(rows.values[32...]))
    let expected = turned(floats(rows.keys[32..<40]), by: 5, rotation)
    for (number, right) in zip(floats(found.keys), expected) { #expect(abs(number - right) < 0.002) }
  }

  @Test("Tokens from before and after a move of the timeline meet in a page of one timeline")
  func moved() throws {
    let file = try file()
    let key: [Float] = [1, 0.5, -2, 3, 0.25, 2, 1, -1]
    var before = RecallRows()
    for frame in [40, 41] as [Int64] {
      before.add(turned(key, by: Int32(frame), rotation), key, frame: frame, position: Int32(frame))
    }
    try file.append(before)
    file.moveWaiting { Int32($0 - 30) }
    var after = RecallRows()
    for frame in [43, 44] as [Int64] {
      after.add(turned(key, by: Int32(frame - 30), rotation), key, frame: frame, position: Int32(frame - 30))
    }
    try file.append(after)

    let page = try #require(try file.pages(place: { Int32($0 - 40) }).first)
    #expect(page.shift == -10)
    let found = try file.rows(of: page)
    #expect(found.tokens.map(\.streamIndex) == [40, 41, 43, 44])
    for (row, time) in [0, 1, 3, 4].enumerated() {
      let expected = turned(key, by: Int32(time), rotation)
      for (number, right) in zip(floats(found.keys[row * 8..<row * 8 + 8]), expected) {
        #expect(abs(number - right) < 0.006)
      }
    }
  }

  @Test("Attention over all pages is attention over all tokens")
  func everything() throws {
    let file = try file()
    var chance = SplitMix64(seed: 4)
    let rows = rows(frames: 0..<23, &chance)
    try file.append(rows)
    let query = chance.numbers(8, times: 3)
    func attention(_ keys: [Float], _ values: [Float]) -> [Float] {
      var sum: Float = 0
      var output = [Float](repeating: 0, count: 8)
      for row in 0..<keys.count / 8 {
        let weight = exp(product(query, Array(keys[row * 8..<row * 8 + 8])))
        sum += weight
        for index in 0..<8 { output[index] += weight * values[row * 8 + index] }
      }
      return output.map { $0 / sum }
    }
    let found = try file.rank(query).map { try file.rows(of: $0) }
    let retrieved = attention(floats(found.flatMap(\.keys)), floats(found.flatMap(\.values)))
    for (one, other) in zip(retrieved, attention(floats(rows.keys), floats(rows.values))) {
      #expect(abs(one - other) < 1e-5)
    }
  }

  @Test("After it was emptied, nothing of the former stream is left")
  func emptied() throws {
    let file = try file()
    var chance = SplitMix64(seed: 5)
    try file.append(rows(frames: 0..<7, &chance))
    try file.removeAll()
    #expect(file.pageCount == 0)
    #expect(try file.pages().isEmpty)
    #expect(file.statistics == OffloadStatistics())
    let next = rows(frames: 0..<2, &chance)
    try file.append(next)
    let page = try #require(try file.pages().first)
    #expect(page.page == 1)
    #expect(try file.rows(of: page).keys == next.keys)
  }
}
