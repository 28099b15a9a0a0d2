// SPDX-License-Identifier: Apache-2.0

import BoundedCache

/// How many of its tokens each head has use for, on one stream.
///
/// Tokens of all heads stand together in one ranking by the largest share of attention that any question gave them; the
/// first of them, a given part of all, are demanded. A head that looks at many tokens a little has few among them, and
/// one that looks hard at some has those (the thought of AdaKV, arXiv 2407.11550).
package struct HeadDemand {
  let shape: CacheShape
  /// For each head, its vision tokens' largest share of attention so far, as logarithms.
  private var shares: [[Float]]

  package init(shape: CacheShape) {
    self.shape = shape
    shares = Array(repeating: [], count: shape.layers * shape.keyValueHeads)
  }

  /// Takes in what one question gave the tokens of one head, which are the same from question to question.
  package mutating func add(_ new: [Float], head: HeadIndex) {
    let index = head.layer * shape.keyValueHeads + head.head
    shares[index] =
      shares[index].isEmpty ? new : zip(shares[index], new).map { max($0, $1) }
  }

  /// For each layer and head, which part of its tokens is among the first `ratio` of all heads' tokens.
  package func demand(ratio: Double) -> [[Double]] {
    let all = shares.joined().sorted(by: >)
    let count = min(max(Int(Double(all.count) * ratio), 1), all.count)
    guard count > 0 else { return [] }
    let least = all[count - 1]
    let parts = shares.map { Double($0.count { $0 >= least }) / Double(max($0.count, 1)) }
    return (0..<shape.layers).map { layer in
      Array(parts[layer * shape.keyValueHeads..<(layer + 1) * shape.keyValueHeads])
    }
  }
}
