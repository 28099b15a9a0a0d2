// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute

/// Several continuations of the cached tokens, read in one pass and thrown away: a fork of the stream for each.
extension LanguageModel {
  /// Reads branches, each as if it alone followed the cached tokens, and leaves the cache as it was.
  ///
  /// Products with the weights are computed for the tokens of all branches at once. A token attends to what is cached
  /// and to the tokens before it in its own branch. No keys and values are copied: in each layer the branches use the
  /// same slots one after the other, as many as the longest has tokens. Of a hybrid model each branch goes on with a
  /// copy of one layer's state at a time.
  ///
  /// - Parameters:
  ///   - branches: none empty, none longer than `maximumBlock`.
  ///   - position: of the first token of every branch; text positions follow.
  ///   - ticket: the text segment of a cache with room for the longest branch.
  /// - Returns: the logits after the last token of each branch, `[branches][vocabulary]`; NaN where the output head
  ///   overflowed.
  /// - Throws: `invalidToken`, `branchLength` and `cacheDoesNotFit` before anything is changed; `cache` if it refuses;
  ///   `notFinite` where a layer's values are not numbers.
  public func read(branches: [[Int]], from position: Int, into ticket: KVAppendTicket) throws(ModelError) -> [[Float]] {
    try check(tokens: 0, positions: 0, cache: ticket.cache)
    for branch in branches {
      guard (1...maximumBlock).contains(branch.count) else {
        throw .branchLength(tokens: branch.count, most: maximumBlock)
      }
      for token in branch where token < 0 || token >= configuration.vocabularySize {
        throw .invalidToken(token, vocabularySize: configuration.vocabularySize)
      }
    }
    guard let longest = branches.map(\.count).max() else { return [] }
    let append = try claim(longest, of: ticket)
    defer { append.withdraw() }
    var all: [[Float]] = []
    for group in groups(of: branches) { all += try run(group, from: position, append: append) }
    return all
  }

  /// Reads branches as `read(branches:from:into:)` does, and keeps their queries.
  ///
  /// - Returns: of each branch the queries of each layer with attention, `[tokens][attention heads × head dimension]`,
  ///   rotated by RoPE.
  /// - Throws: as `read(branches:from:into:)` does.
  public func readRecordingQueries(
    branches: [[Int]], from position: Int, into ticket: KVAppendTicket
  ) throws(ModelError) -> [[[Float]]] {
    recordedQueries = Array(repeating: [], count: configuration.cacheShape.layers)
    defer { recordedQueries = nil }
    _ = try read(branches: branches, from: position, into: ticket)
    let width = configuration.heads * configuration.headDimension
    var first = 0
    return branches.map { branch in
      defer { first += branch.count * width }
      return (recordedQueries ?? []).map { Array($0[first..<first + branch.count * width]) }
    }
  }

  /// Branches that fit into a block together, in order.
  private func groups(of branches: [[Int]]) -> [[[Int]]] {
    var groups: [[[Int]]] = []
    var rows = maximumBlock
    for branch in branches {
      if rows + branch.count > maximumBlock {
        groups.append([])
        rows = 0
      }
      groups[groups.count - 1].append(branch)
      rows += branch.count
    }
    return groups
  }

  /// Takes the tokens of some branches through all layers.
  private func run(_ branches: [[Int]], from position: Int, append: KVAppend) throws(ModelError) -> [[Float]] {
    var ranges: [Range<Int>] = []
    for branch in branches {
      let first = ranges.last?.upperBound ?? 0
      ranges.append(first..<first + branch.count)
      for (index, token) in branch.enumerated() {
        embed(token, row: first + index)
        rope.fill(row: first + index, position: MRoPEPosition(text: Int32(clamping: position + index)))
      }
    }
    let count = ranges.last?.upperBound ?? 0
    try checkEmbeddings(count: count)
    for (index, layer) in layers.enumerated() {
      engine.rmsNorm(hidden, count: count, weight: layer.mixerNorm, epsilon: configuration.normEpsilon, to: normed)
      try mix(layer, index: index, ranges, append: append)
      feedForward(layer, index: index, first: 0, count: count)
      try checkOutput(of: index, first: 0, count: count)
    }
    return logits(afterRows: ranges.map { $0.upperBound - 1 })
  }

  private func mix(_ layer: DecoderLayer, index: Int, _ ranges: [Range<Int>], append: KVAppend) throws(ModelError) {
    let count = ranges.last?.upperBound ?? 0
    switch layer.mixer {
    case .attention(let attention, let cached):
      projectQKV(attention, index: index, cached: cached, count: count)
      try checkProjections(attention, index: index, count: count)
      for range in ranges {
        let part = append[0..<range.count]
        part.store(
          keys: keys.from(range.lowerBound), values: values.from(range.lowerBound), layer: cached, engine: engine)
        attend(
          cached: cached, first: range.lowerBound, count: range.count, append: part, token: 0,
          to: attended.from(range.lowerBound))
      }
      addAttended(attention, index: index, first: 0, count: count)
    case .shortConvolution(let convolution, let range):
      convolution.run(
        normed, count: count, in: recurrent, engine: engine, to: hidden,
        sequences: forks(of: state(range, of: append), into: ranges))
    case .gatedDeltaNet(let deltaNet, let range):
      deltaNet.run(
        normed, count: count, in: recurrent, engine: engine, to: hidden,
        sequences: forks(of: state(range, of: append), into: ranges))
    }
  }

  /// Each branch with a copy of a layer's state of its own.
  private func forks(of state: FloatMatrix, into ranges: [Range<Int>]) -> RecurrentSequences {
    let copy = recurrent.fork.columns(0..<state.width)
    return { body in
      for range in ranges {
        copy.copy(row: 0, from: state, row: 0)
        body(range.lowerBound, range.count, copy)
      }
    }
  }
}
