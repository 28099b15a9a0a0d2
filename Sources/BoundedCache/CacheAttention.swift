// SPDX-License-Identifier: Apache-2.0

extension KeyValueCache {
  /// How much of queries' attention goes to each vision token of one head: the largest share that any query gives it,
  /// as a logarithm, captions included.
  ///
  /// - Parameter queries: at their places on the present timeline; at least one of this head.
  package func attention(of queries: ProxyQueries, to head: HeadIndex) -> [Float] {
    var attention = ProxyAttention(dimension: shape.headDimension)
    let vision = systemCount..<systemCount + visionCount
    scratch.read(storage, head, slots: vision)
    systemScratch.read(storage, head, slots: 0..<systemCount)
    scratch.withNumbers(vision.count * shape.headDimension) { keys, _ in
      systemScratch.withNumbers(systemCount * shape.headDimension) { system, _ in
        attention.score(
          keys: keys, values: nil, system: system, proxy: queries, layer: head.layer, head: head.head, steps: 0)
      }
    }
    return Array(attention.scores.prefix(vision.count))
  }
}
