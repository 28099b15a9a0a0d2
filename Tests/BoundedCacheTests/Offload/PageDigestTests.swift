// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import TestSupport
import Testing

@Suite("The digest of a page bounds its products with a query")
struct PageDigestTests {
  @Test(
    "No query has a larger product with a page than its digest allows, wherever the page is rotated to",
    arguments: 0..<200)
  func bound(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    let dimension = [2, 6, 16, 64, 128][seed % 5]
    let count = 1 + random.shift(below: 16) * 3
    // Some pairs are not rotated, some pages have equal keys, some values are large.
    let rotatedPairs = random.shift(below: dimension / 2 + 1)
    let rotation = RoPEFrequencies(frequencies: (0..<rotatedPairs).map { pow(10_000, -Double($0) / Double(dimension)) })
    let size = [1e-6, 0.01, 1, 30, 2000][random.shift(below: 5)] as Float
    let centre = random.floats(dimension, times: size)
    let spread = [0, 0.01, 1][random.shift(below: 3)] as Float * size
    let keys = (0..<count).map { _ in
      floats(zip(centre, random.floats(dimension, times: spread)).map { Float16($0 + $1).bitPattern })
    }
    var digest = [UInt16](repeating: 0, count: PageDigest.count(headDimension: dimension))
    PageDigest.make(
      keys.flatMap { $0.map { Float16($0).bitPattern } }, count: count, headDimension: dimension, into: &digest)
    let values = floats(digest)

    for _ in 0..<10 {
      let query = random.floats(dimension, times: 5)
      let shift = Int32(random.signed() * 40)
      let half = dimension / 2
      let lengths = (0..<half).map { hypot(query[$0], query[$0 + half]) }
      let bound =
        product(query, rotated(Array(values[..<dimension]), by: shift, rotation))
        + product(lengths, Array(values[dimension...]))
      for key in keys {
        // The cache stores the rotated key in 16 bits.
        let found = product(query, rotated(key, by: shift, rotation).map { Float(Float16($0)) })
        #expect(found <= bound, "\(count) keys of \(dimension), size \(size), spread \(spread), shift \(shift)")
      }
    }
  }

  @Test("The bound is tight for a page of equal keys")
  func tight() {
    let key: [Float] = [3, -1, 0.5, 2]
    var digest = [UInt16](repeating: 0, count: 6)
    PageDigest.make(
      (key + key + key).map { Float16($0).bitPattern }, count: 3, headDimension: 4, into: &digest)
    #expect(floats(digest.prefix(4)) == key)
    #expect(floats(digest.suffix(2)).allSatisfy { $0 < 0.005 })
  }
}
