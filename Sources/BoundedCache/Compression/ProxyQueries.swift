// SPDX-License-Identifier: Apache-2.0

import Platform

/// Queries of likely questions, as their tokens had them in every layer before the first temporal patch (InfiniPot's
/// catalyst prompts, arXiv 2410.01518).
///
/// They are recorded once. At every compression they stand for the questions to come, rotated by RoPE to the positions
/// that those would have: what a question attends to depends little on what there is to see.
public struct ProxyQueries: Sendable, Equatable {
  /// The cache that the queries are for.
  public let shape: CacheShape
  /// RoPE of a text position.
  public let rotation: RoPEFrequencies
  /// For each layer and key-value head `[rows][headDimension]`, rotated to the positions that they were recorded at.
  private(set) var heads: [[Float]]

  /// - Parameter rotation: RoPE of a text position, all of whose components move together.
  public init(shape: CacheShape, rotation: RoPEFrequencies) {
    self.shape = shape
    self.rotation = rotation
    heads = Array(repeating: [], count: max(0, shape.layers) * max(0, shape.keyValueHeads))
  }

  /// True where nothing has been recorded.
  public var isEmpty: Bool { heads.allSatisfy(\.isEmpty) }

  /// Rows of one key-value head.
  func rowCount(layer: Int, head: Int) -> Int {
    heads[layer * shape.keyValueHeads + head].count / shape.headDimension
  }

  /// Adds the rotated queries of some tokens in one layer.
  ///
  /// - Parameters:
  ///   - queries: `[tokens][attention heads][headDimension]`; neighbouring attention heads share a key-value head.
  /// - Precondition: `queries` are whole tokens.
  public mutating func add(_ queries: [Float], tokens: Int, layer: Int) {
    guard tokens > 0 else { return }
    let width = queries.count / tokens
    precondition(
      queries.count == width * tokens && width % (shape.keyValueHeads * shape.headDimension) == 0
        && layer >= 0 && layer < shape.layers, "the queries are not of this shape")
    let perHead = width / shape.keyValueHeads
    for token in 0..<tokens {
      for head in 0..<shape.keyValueHeads {
        let start = token * width + head * perHead
        heads[layer * shape.keyValueHeads + head].append(contentsOf: queries[start..<start + perHead])
      }
    }
  }

  /// Keeps at most `limit` queries of each head, as different from each other as possible (farthest point sampling):
  /// the one nearest to the mean direction first, then always the one farthest by its angle from those chosen; of
  /// equals, the earlier.
  public mutating func reduce(to limit: Int) {
    for index in heads.indices {
      heads[index] = ProxyQueries.mostDifferent(heads[index], dimension: shape.headDimension, limit: limit)
    }
  }

  private static func mostDifferent(_ rows: [Float], dimension: Int, limit: Int) -> [Float] {
    let count = rows.count / dimension
    guard limit > 0, count > limit else { return limit > 0 ? rows : [] }
    var units = rows
    var mean = [Float](repeating: 0, count: dimension)
    for row in 0..<count {
      var square: Float = 0
      for index in 0..<dimension { square += rows[row * dimension + index] * rows[row * dimension + index] }
      let factor = 1 / max(square.squareRoot(), .leastNormalMagnitude)
      for index in 0..<dimension {
        units[row * dimension + index] *= factor
        mean[index] += units[row * dimension + index]
      }
    }
    func cosine(_ row: Int, _ other: ArraySlice<Float>) -> Float {
      zip(units[row * dimension..<(row + 1) * dimension], other).reduce(0) { $0 + $1.0 * $1.1 }
    }
    // The highest cosine with a chosen query: the lowest of them is the farthest.
    var nearest = (0..<count).map { -cosine($0, mean[...]) }
    var chosen: [Int] = []
    for step in 0..<limit {
      let next = (0..<count).reduce(0) { nearest[$1] < nearest[$0] ? $1 : $0 }
      chosen.append(next)
      let unit = units[next * dimension..<(next + 1) * dimension]
      for row in 0..<count { nearest[row] = max(step == 0 ? -.infinity : nearest[row], cosine(row, unit)) }
      nearest[next] = .infinity
    }
    return chosen.sorted().flatMap { rows[$0 * dimension..<($0 + 1) * dimension] }
  }

  /// Writes one head's queries into `target`, rotated by `change` positions and scaled by 1/√d for products with keys.
  func rotate(layer: Int, head: Int, by change: Int32, into target: inout [Float]) {
    let rows = heads[layer * shape.keyValueHeads + head]
    let dimension = shape.headDimension
    let half = dimension / 2
    let scale = 1 / Float(dimension).squareRoot()
    if target.count < rows.count { target = Array(repeating: 0, count: rows.count) }
    for index in rows.indices { target[index] = rows[index] * scale }
    for (pair, frequency) in rotation.frequencies.prefix(half).enumerated() where frequency != 0 {
      let angle = Double(change) * frequency
      let cosine = Float(cos(angle))
      let sine = Float(sin(angle))
      for row in stride(from: 0, to: rows.count, by: dimension) {
        let first = target[row + pair]
        let second = target[row + pair + half]
        target[row + pair] = first * cosine - second * sine
        target[row + pair + half] = first * sine + second * cosine
      }
    }
  }
}
