// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import TestSupport
import Testing

@Suite("What is put into an offload file comes back, rotated to its present position")
struct OffloadFileTests {
  private let shape = CacheShape(layers: 2, keyValueHeads: 3, headDimension: 8)
  private let rotation = RoPEFrequencies(frequencies: [1, 0, 0.25])
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func file(pageTokens: Int = 4, byteCount: Int = 1 << 20) throws -> OffloadFile {
    try OffloadFile(
      path: folder.file, byteCount: byteCount, shape: shape, pageTokens: pageTokens, rotation: rotation, tag: "test")
  }

  /// Two tokens of each temporal patch; keys are rotated to their temporal patch's stream index.
  private func rows(of streamIndices: Range<Int64>, _ random: inout SplitMix64) -> OffloadRows {
    var rows = OffloadRows()
    for streamIndex in streamIndices {
      for patch in 0..<2 as Range<Int32> {
        rows.add(
          random.floats(8), random.floats(8), streamIndex: streamIndex, patch: patch, position: Int32(streamIndex))
      }
    }
    return rows
  }

  @Test("Each head gets its own tokens back, to the bit")
  func roundTrip() throws {
    let file = try file()
    var random = SplitMix64(seed: 1)
    var given: [OffloadRows] = []
    for layer in 0..<2 {
      for head in 0..<3 {
        let rows = rows(of: 10..<16, &random)
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

  @Test("A page is rotated as a whole to the present position of its first token")
  func shifted() throws {
    let file = try file()
    var random = SplitMix64(seed: 2)
    let rows = rows(of: 100..<102, &random)
    try file.append(rows)
    let page = try #require(try file.pages(position: { Int32($0 - 93) }).first)
    #expect(page.shift == -93)
    let found = try file.rows(of: page)
    for row in 0..<4 {
      let expected = rotated(floats(rows.keys[row * 8..<row * 8 + 8]), by: -93, rotation)
      for (value, right) in zip(floats(found.keys[row * 8..<row * 8 + 8]), expected) {
        #expect(abs(value - right) < 0.002)
      }
    }
    #expect(found.values == rows.values)
  }

  @Test("Tokens whose page is still filling up are ranked and read like others")
  func pending() throws {
    let file = try file()
    var random = SplitMix64(seed: 3)
    let rows = rows(of: 0..<3, &random)
    try file.append(rows)
    #expect(file.pageCount == 1)
    let pages = try file.pages(position: { Int32($0 + 5) }).sorted { $0.page < $1.page }
    #expect(pages.map(\.page) == [1, 2])
    #expect(pages.map(\.shift) == [5, 5])
    let found = try file.rows(of: pages[1])
    #expect(found.tokens == Array(rows.tokens[4...]))
    #expect(found.values == Array(rows.values[32...]))
    let expected = rotated(floats(rows.keys[32..<40]), by: 5, rotation)
    for (value, right) in zip(floats(found.keys), expected) { #expect(abs(value - right) < 0.002) }
  }

  @Test("Tokens from before and after a re-indexing of positions meet in one page")
  func moved() throws {
    let file = try file()
    let key: [Float] = [1, 0.5, -2, 3, 0.25, 2, 1, -1]
    var before = OffloadRows()
    for index in [40, 41] as [Int64] {
      before.add(rotated(key, by: Int32(index), rotation), key, streamIndex: index, position: Int32(index))
    }
    try file.append(before)
    file.movePending { Int32($0 - 30) }
    var after = OffloadRows()
    for index in [43, 44] as [Int64] {
      after.add(rotated(key, by: Int32(index - 30), rotation), key, streamIndex: index, position: Int32(index - 30))
    }
    try file.append(after)

    let page = try #require(try file.pages(position: { Int32($0 - 40) }).first)
    #expect(page.shift == -10)
    let found = try file.rows(of: page)
    #expect(found.tokens.map(\.streamIndex) == [40, 41, 43, 44])
    for (row, position) in [0, 1, 3, 4].enumerated() {
      let expected = rotated(key, by: Int32(position), rotation)
      for (value, right) in zip(floats(found.keys[row * 8..<row * 8 + 8]), expected) {
        #expect(abs(value - right) < 0.006)
      }
    }
  }

  @Test("Attention over all pages is attention over all tokens")
  func everything() throws {
    let file = try file()
    var random = SplitMix64(seed: 4)
    let rows = rows(of: 0..<23, &random)
    try file.append(rows)
    let query = random.floats(8, times: 3)
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
    var random = SplitMix64(seed: 5)
    try file.append(rows(of: 0..<7, &random))
    file.removeAll()
    #expect(file.pageCount == 0)
    #expect(try file.pages().isEmpty)
    #expect(file.statistics == OffloadStatistics())
    let next = rows(of: 0..<2, &random)
    try file.append(next)
    let page = try #require(try file.pages().first)
    #expect(page.page == 1)
    #expect(try file.rows(of: page).keys == next.keys)
  }
}
