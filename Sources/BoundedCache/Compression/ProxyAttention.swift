// SPDX-License-Identifier: Apache-2.0

import Platform

/// Scores of tokens by the attention of proxy queries: a token's largest share of any query's attention, times the
/// length of its value.
///
/// Scoring by prompts that stand for the real ones is InfiniPot's idea (arXiv 2410.01518). Weighting by values is that
/// of expected attention. The largest share counts, not the mean: one question that needs a token can retain it.
struct ProxyAttention {
  typealias Lanes = HalfPrecisionArithmetic.Lanes

  let dimension: Int
  /// A score for each token, as a logarithm.
  private(set) var scores: [Float] = []
  /// One head's queries at their present positions, scaled, eight side by side: `[groups of eight][dimension]`.
  private var queries: [Lanes] = []
  /// Products, `[tokens][groups of eight]`.
  private var products: [Lanes] = []
  /// For each query, the logarithm of the sum of its products' exponentials.
  private var totals: [Lanes] = []
  private var rotated: [Float] = []
  private var row: [Float]

  /// Keeps the logarithm of a zero value's length finite: such a token contributes nothing.
  private static let smallestNorm: Float = 1e-9
  /// Products beyond it come from a damaged model; scores of such tokens can still be ordered.
  private static let largestProduct: Float = 1e9

  init(dimension: Int) {
    self.dimension = dimension
    row = Array(repeating: 0, count: dimension)
  }

  /// - Parameters:
  ///   - keys: of the cached tokens, 16-bit floats `[tokens][dimension]`.
  ///   - values: of the same shape. Without them, the scores are the shares of attention alone.
  ///   - system: keys of the system prompt, which is never evicted and takes a share of the attention.
  ///   - proxy: has at least one query for this head.
  ///   - change: positions by which the queries have moved since they were recorded.
  mutating func score(
    keys: Span<UInt16>, values: Span<UInt16>?, system: Span<UInt16>?, proxy: ProxyQueries, layer: Int, head: Int,
    movedBy change: Int32
  ) {
    let dimension = dimension
    let cached = keys.count / dimension
    var systemTokens = 0
    if let system { systemTokens = system.count / dimension }
    let groups = arrange(proxy, layer: layer, head: head, movedBy: change)
    if products.count < (cached + systemTokens) * groups {
      products = Array(repeating: .zero, count: (cached + systemTokens) * groups)
    }
    if scores.count < cached { scores = Array(repeating: 0, count: cached) }
    multiply(keys, groups: groups, from: 0)
    if let system { multiply(system, groups: groups, from: cached) }
    sumExponentials(tokens: cached + systemTokens, groups: groups)
    for token in 0..<cached {
      var best = Lanes(repeating: -.greatestFiniteMagnitude)
      for group in 0..<groups {
        let share = products[token * groups + group] - totals[group]
        best.replace(with: share, where: share .> best)
      }
      scores[token] = best.max()
    }
    if let values { weigh(by: values, tokens: cached) }
  }

  /// Arranges one head's queries for the products; the last group is filled up with its first query, which changes no
  /// largest share.
  ///
  /// - Returns: the number of groups.
  private mutating func arrange(_ proxy: ProxyQueries, layer: Int, head: Int, movedBy change: Int32) -> Int {
    let rows = proxy.rowCount(layer: layer, head: head)
    let groups = (rows + 7) / 8
    proxy.rotate(layer: layer, head: head, by: change, into: &rotated)
    if queries.count < groups * dimension { queries = Array(repeating: .zero, count: groups * dimension) }
    if totals.count < groups { totals = Array(repeating: .zero, count: groups) }
    for group in 0..<groups {
      for lane in 0..<8 {
        let source = (group * 8 + lane < rows ? group * 8 + lane : group * 8) * dimension
        for index in 0..<dimension { queries[group * dimension + index][lane] = rotated[source + index] }
      }
    }
    return groups
  }

  /// Products of keys with all queries, stored from the token `first` on.
  private mutating func multiply(_ keys: Span<UInt16>, groups: Int, from first: Int) {
    let dimension = dimension
    let count = keys.count / dimension
    let largest = Lanes(repeating: ProxyAttention.largestProduct)
    keys.withUnsafeBufferPointer { keys in
      queries.withUnsafeBufferPointer { queries in
        products.withUnsafeMutableBufferPointer { products in
          row.withUnsafeMutableBufferPointer { row in
            guard let key = keys.baseAddress, let query = queries.baseAddress, let row = row.baseAddress,
              let product = products.baseAddress
            else { return }
            for token in 0..<count {
              HalfPrecisionArithmetic.widen(key + token * dimension, into: row, count: dimension)
              let target = product + (first + token) * groups
              for group in 0..<groups {
                let rows = query + group * dimension
                var even = Lanes.zero
                var odd = Lanes.zero
                var index = 0
                while index + 2 <= dimension {
                  even += rows[index] * row[index]
                  odd += rows[index + 1] * row[index + 1]
                  index += 2
                }
                if index < dimension { even += rows[index] * row[index] }
                // A comparison with NaN is false, so NaN becomes the lowest.
                let sum = even + odd
                target[group] = (-largest).replacing(with: sum, where: sum .> -largest)
                target[group].replace(with: largest, where: sum .> largest)
              }
            }
          }
        }
      }
    }
  }

  private mutating func sumExponentials(tokens: Int, groups: Int) {
    products.withUnsafeBufferPointer { products in
      guard let product = products.baseAddress else { return }
      for group in 0..<groups {
        var largest = Lanes(repeating: -.greatestFiniteMagnitude)
        for token in 0..<tokens {
          let value = product[token * groups + group]
          largest.replace(with: value, where: value .> largest)
        }
        var sum = Lanes.zero
        for token in 0..<tokens { sum += ProxyAttention.exponential(product[token * groups + group] - largest) }
        for lane in 0..<8 { totals[group][lane] = largest[lane] + log(sum[lane]) }
      }
    }
  }

  /// eˣ for x ≤ 0, to 2·10⁻⁷: 2ⁿ for the nearest integer n of x·log₂e from its bits, the rest as a polynomial.
  @inline(__always)
  static func exponential(_ x: Lanes) -> Lanes {
    let least = Lanes(repeating: -80)
    let scaled = least.replacing(with: x, where: x .> least) * 1.442695041
    // Added to 1.5 · 2²³, a small number leaves its nearest integer in the lowest bits.
    let shifted = scaled + 12_582_912
    let integer = shifted - 12_582_912
    let rest = (scaled - integer) * 0.6931471806
    var power: Lanes = rest * (1.0 / 720) + (1.0 / 120)
    power = power * rest + (1.0 / 24)
    power = power * rest + (1.0 / 6)
    power = power * rest + 0.5
    power = power * rest + 1
    power = power * rest + 1
    let exponent = unsafeBitCast(shifted, to: SIMD8<UInt32>.self) &- Float(12_582_912).bitPattern &+ 127
    return power * unsafeBitCast(exponent &<< 23, to: Lanes.self)
  }

  private mutating func weigh(by values: Span<UInt16>, tokens: Int) {
    let dimension = dimension
    values.withUnsafeBufferPointer { values in
      guard let value = values.baseAddress else { return }
      for token in 0..<tokens {
        let norm = HalfPrecisionArithmetic.squaredNorm(value + token * dimension, count: dimension).squareRoot()
        scores[token] += log(norm + ProxyAttention.smallestNorm)
      }
    }
  }
}
