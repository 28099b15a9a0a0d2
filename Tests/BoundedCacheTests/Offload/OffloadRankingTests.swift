// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import TestSupport
import Testing

@Suite("A question finds the pages that it attends to")
struct OffloadRankingTests {
  private let shape = CacheShape(layers: 1, keyValueHeads: 1, headDimension: 32)
  private let rotation = RoPEFrequencies(frequencies: (0..<4).map { pow(100, -Double($0) / 4) })
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func file() throws -> OffloadFile {
    try OffloadFile(
      path: folder.file, byteCount: 1 << 20, shape: shape, pageTokens: 16, rotation: rotation, tag: "test")
  }

  /// A still scene of 60 pages in which one token each of three pages shows something else.
  private func fill(_ file: OffloadFile, event: [Float], pages: Set<Int>) throws {
    var random = SplitMix64(seed: 7)
    let scene = random.floats(32, times: 3)
    for page in 0..<60 {
      var rows = OffloadRows()
      for token in 0..<16 {
        var key = zip(scene, random.floats(32, times: 0.3)).map { $0 + $1 }
        if pages.contains(page), token == 5 { key = zip(key, event).map { $0 + $1 } }
        let index = Int64(page * 4 + token / 4)
        rows.add(rotated(key, by: Int32(index), rotation), key, streamIndex: index, position: Int32(index))
      }
      try file.append(rows)
    }
  }

  @Test(
    "One token of a page is found, whatever the present position of its temporal patch",
    arguments: [0, 1, -100, 5000] as [Int32])
  func planted(shift: Int32) throws {
    let file = try file()
    var random = SplitMix64(seed: 8)
    let event = random.floats(32, times: 8)
    try fill(file, event: event, pages: [7, 30, 31])
    // Some queries look for the event at its present position; most look for nothing.
    var queries = random.floats(32 * 20)
    for position in [29, 121, 125] as [Int32] {
      queries += rotated(event.map { $0 * 0.5 }, by: position + shift, rotation)
    }
    let best = try file.rank(queries, limit: 3, position: { Int32($0) + shift })
    #expect(Set(best.map(\.page)) == [8, 31, 32])
    #expect(best.allSatisfy { $0.shift == shift })
  }

  @Test("The best come first, no more than the limit, and the scores of all add up to 1")
  func order() throws {
    let file = try file()
    var random = SplitMix64(seed: 9)
    try fill(file, event: random.floats(32, times: 8), pages: [20])
    let queries = random.floats(32 * 100)
    let all = try file.rank(queries)
    #expect(all.count == 60)
    #expect(zip(all, all.dropFirst()).allSatisfy { $0.score >= $1.score })
    #expect(abs(all.reduce(0) { $0 + $1.score } - 1) < 1e-4)
    #expect(try file.rank(queries, limit: 5) == Array(all.prefix(5)))
    #expect(try file.rank(queries, limit: 0).isEmpty)
  }

  @Test("A query with large values does not outvote the others")
  func votes() throws {
    let file = try file()
    var rows = OffloadRows()
    for page in 0..<8 {
      for token in 0..<16 {
        var key = [Float](repeating: 0, count: 32)
        key[8 + page] = 4
        rows.add(key, key, streamIndex: Int64(page), patch: Int32(token), position: Int32(page))
      }
    }
    try file.append(rows)
    func query(for page: Int, _ size: Float) -> [Float] { (0..<32).map { $0 == 8 + page ? size : 0 } }
    // One has large values and looks for page 6, two look for pages 2 and 3.
    let queries = query(for: 6, 500) + query(for: 2, 20) + query(for: 3, 20)
    #expect(Set(try file.rank(queries, limit: 3).map(\.page)) == [7, 3, 4])
  }

  @Test("NaN and infinities leave all scores finite")
  func notFinite() throws {
    let file = try file()
    var random = SplitMix64(seed: 10)
    try fill(file, event: random.floats(32, times: 8), pages: [20])
    var damaged = OffloadRows()
    for token in 0..<16 {
      damaged.add(
        [.nan] + [Float](repeating: .infinity, count: 31), [.nan] + random.floats(31),
        streamIndex: Int64(240 + token / 4), position: Int32(240 + token / 4))
    }
    try file.append(damaged)
    let queries = [Float](repeating: .nan, count: 32) + [Float](repeating: .infinity, count: 32) + random.floats(32)
    let ranked = try file.rank(queries)
    #expect(ranked.count == 61)
    #expect(ranked.allSatisfy { $0.score.isFinite })
  }
}
