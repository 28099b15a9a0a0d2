// SPDX-License-Identifier: Apache-2.0

import BoundedCache

/// How many of its tokens each attention head needs, on one stream.
///
/// The tokens of all heads are ranked together by the largest attention weight that any question gave them. The first
/// tokens of this ranking, a given ratio of all, are demanded. A head that spreads its attention over many tokens has
/// few of them. A head that concentrates its attention on some tokens has those. The idea is that of AdaKV (arXiv
/// 2407.11550).
package struct HeadDemand {
  let shape: CacheShape
  /// For each head, the largest attention weight of each of its vision tokens so far, as a logarithm.
  private var weights: [[Float]]

  /// Starts without vision tokens.
  package init(shape: CacheShape) {
    self.shape = shape
    weights = Array(repeating: [], count: shape.layers * shape.keyValueHeads)
  }

  /// Every head of the cache.
  var heads: [HeadIndex] {
    (0..<shape.layers).flatMap { layer in
      (0..<shape.keyValueHeads).map { HeadIndex(layer: layer, head: $0) }
    }
  }

  /// Adds the attention of one question to the tokens of one head. The tokens are the same for every question.
  ///
  /// - Parameter new: logarithms of attention weights, one for each vision token.
  package mutating func add(_ new: [Float], head: HeadIndex) {
    let index = head.layer * shape.keyValueHeads + head.head
    weights[index] =
      weights[index].isEmpty ? new : zip(weights[index], new).map { max($0, $1) }
  }

  /// For each layer and head, the ratio of its tokens that are among the first `ratio` of all heads' tokens.
  ///
  /// - Returns: `[layer][head]`.
  package func demand(ratio: Double) -> [[Double]] {
    let all = weights.joined().sorted(by: >)
    let count = min(max(Int(Double(all.count) * ratio), 1), all.count)
    guard count > 0 else { return [] }
    let least = all[count - 1]
    let parts = weights.map { Double($0.count { $0 >= least }) / Double(max($0.count, 1)) }
    return (0..<shape.layers).map { layer in
      Array(parts[layer * shape.keyValueHeads..<(layer + 1) * shape.keyValueHeads])
    }
  }
}
