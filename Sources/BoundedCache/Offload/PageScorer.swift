// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Estimates how strongly some queries of one key-value head would attend to a page, from its digest.
///
/// A query's estimate for a page is its product with the page's mean key, plus a quarter of the difference to the bound
/// on its best key. The mean alone overlooks a page where the query attends to one token of many; the bound alone
/// prefers pages that are merely mixed. On synthetic keys of a changing scene, and of a still one with brief events, a
/// quarter came within a point of the best of both (Tests/ReferenceComparisons/compare_page_rankings.py).
struct PageScorer {
  let queryCount: Int
  private let half: Int
  /// `[query][d values, then a quarter of the lengths of its d/2 pairs]`, all divided by √d.
  private var queries: [Float] = []
  /// A digest in 32 bits, rotated.
  private var digest: [Float]
  private let rotatedPairs: [(pair: Int, radians: Double)]
  private var angles: [(cosine: Float, sine: Float)]
  private var change: Int32 = 0

  private static let radiusShare: Float = 0.25

  /// - Parameter rows: rotated queries `[n][headDimension]`.
  init(queries rows: Span<Float>, headDimension: Int, rotation: RoPEFrequencies) {
    half = headDimension / 2
    queryCount = rows.count / headDimension
    digest = Array(repeating: 0, count: half * 3)
    rotatedPairs = rotation.frequencies.prefix(half).enumerated().filter { $0.element != 0 }.map { ($0, $1) }
    angles = Array(repeating: (1, 0), count: rotatedPairs.count)
    let scale = 1 / Float(headDimension).squareRoot()
    queries.reserveCapacity(queryCount * half * 3)
    for query in 0..<queryCount {
      let first = query * headDimension
      for index in 0..<headDimension { queries.append(rows[first + index] * scale) }
      for pair in 0..<half {
        let (x, y) = (rows[first + pair], rows[first + pair + half])
        queries.append((x * x + y * y).squareRoot() * scale * PageScorer.radiusShare)
      }
    }
  }

  /// Appends an estimate for each query: a product with a key over √d, as attention has before its softmax.
  ///
  /// - Parameters:
  ///   - page: the page's digest.
  ///   - shift: positions by which the page's keys are to be rotated.
  mutating func estimate(_ page: UnsafePointer<UInt16>, shift: Int32, into estimates: inout [Float]) {
    digest.withUnsafeMutableBufferPointer { digest in
      guard let base = digest.baseAddress else { return }
      HalfPrecisionArithmetic.widen(page, into: base, count: digest.count)
    }
    rotate(by: shift)
    let count = half * 3
    queries.withUnsafeBufferPointer { queries in
      digest.withUnsafeBufferPointer { digest in
        guard let query = queries.baseAddress, let digest = digest.baseAddress else { return }
        for index in 0..<queryCount {
          estimates.append(PageScorer.product(query + index * count, digest, count: count))
        }
      }
    }
  }

  private mutating func rotate(by shift: Int32) {
    if shift != change {
      change = shift
      for (index, rotated) in rotatedPairs.enumerated() {
        let angle = Double(shift) * rotated.radians
        angles[index] = (Float(cos(angle)), Float(sin(angle)))
      }
    }
    for (index, rotated) in rotatedPairs.enumerated() {
      let (cosine, sine) = angles[index]
      let (first, second) = (digest[rotated.pair], digest[rotated.pair + half])
      digest[rotated.pair] = first * cosine - second * sine
      digest[rotated.pair + half] = first * sine + second * cosine
    }
  }

  @inline(__always)
  private static func product(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, count: Int) -> Float {
    var sum = HalfPrecisionArithmetic.Lanes.zero
    var index = 0
    while index + 8 <= count {
      sum +=
        UnsafeRawPointer(x + index).loadUnaligned(as: HalfPrecisionArithmetic.Lanes.self)
        * UnsafeRawPointer(y + index).loadUnaligned(as: HalfPrecisionArithmetic.Lanes.self)
      index += 8
    }
    var rest: Float = 0
    while index < count {
      rest += x[index] * y[index]
      index += 1
    }
    return sum.sum() + rest
  }
}

/// The share of attention that each page would draw among the pages, from the queries' estimates.
///
/// Every query has one vote and divides it by its softmax over the pages. If pages were ranked by the highest estimate
/// of any query instead, a few queries with large values would decide for all: of a changing scene's true attention,
/// the best eighth of the pages then drew 19.6 %, and by votes 23.4 %, where 25.5 % are possible (same script,
/// 2026-11-29; its seeds are fixed, so that any machine prints the same).
struct PageShares {
  /// The sum of the queries' votes, page by page.
  private(set) var shares: [Float]

  init(pages: Int) {
    shares = Array(repeating: 0, count: pages)
  }

  /// Adds the votes of some queries. Queries with NaN or infinities have none.
  ///
  /// - Parameter estimates: `[page][query]`; overwritten.
  mutating func add(_ estimates: inout [Float], queries: Int) {
    var highest = [Float](repeating: -.infinity, count: queries)
    var sums = [Float](repeating: 0, count: queries)
    for start in stride(from: 0, to: shares.count * queries, by: queries) {
      for query in 0..<queries { highest[query] = max(highest[query], estimates[start + query]) }
    }
    for start in stride(from: 0, to: shares.count * queries, by: queries) {
      for query in 0..<queries {
        let weight = exp(estimates[start + query] - highest[query])
        estimates[start + query] = weight
        sums[query] += weight
      }
    }
    for query in 0..<queries where sums[query].isFinite && sums[query] > 0 {
      let vote = 1 / sums[query]
      for page in shares.indices { shares[page] += estimates[page * queries + query] * vote }
    }
  }
}
