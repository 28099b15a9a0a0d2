// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute

/// Several continuations of the cached tokens, read in one batch.
extension LanguageModel {
  /// Reads tokens of several forks of one cache, each as if it alone followed the cached tokens: all or a part of a
  /// prompt, or one token that was chosen. The cache stays as it is.
  ///
  /// Products with the weights are computed for the tokens of all forks at once. Where each fork reads one token, the
  /// keys and values that they share are read once as well.
  ///
  /// - Parameters:
  ///   - tokens: of each fork, none empty, none longer than `maximumBlock`.
  ///   - positions: of the first of each fork's tokens; text positions follow.
  ///   - forks: all of one cache, each with room for its tokens.
  /// - Returns: the logits after the last token of each fork, `[forks][vocabulary]`; NaN where the output head
  ///   overflowed.
  /// - Throws: `invalidToken`, `branchLength` and `cacheDoesNotFit` before anything is changed; `cache` if a fork
  ///   refuses; `notFinite` where a layer's values are not numbers. The forks cannot go on after the last two.
  public func read(
    _ tokens: [[Int]], from positions: [Int], into forks: [KVFork]
  ) throws(ModelError) -> [ArraySlice<Float>] {
    guard tokens.count == positions.count, tokens.count == forks.count else {
      throw .positionCount(tokens: tokens.count, positions: min(positions.count, forks.count))
    }
    for fork in forks { try check(tokens: 0, positions: 0, cache: fork.cache) }
    try check(continuations: tokens)
    var parts: [ForkedTokens] = []
    for ((tokens, position), fork) in zip(zip(tokens, positions), forks) {
      let append: KVAppend
      do { append = try fork.append(tokens.count) } catch { throw .cache(error) }
      parts.append(ForkedTokens(tokens: tokens, position: position, append: append, isBranch: false))
    }
    return try run(parts)
  }

  /// Checks tokens that are read beside those of others.
  ///
  /// - Throws: `invalidToken` or `branchLength`.
  func check(continuations: [[Int]]) throws(ModelError) {
    for tokens in continuations {
      guard (1...maximumBlock).contains(tokens.count) else {
        throw .branchLength(tokens: tokens.count, most: maximumBlock)
      }
      for token in tokens where token < 0 || token >= configuration.vocabularySize {
        throw .invalidToken(token, vocabularySize: configuration.vocabularySize)
      }
    }
  }

  /// Takes tokens of several forks through all layers, as many of them at once as fit into a block.
  ///
  /// - Returns: the logits after the last token of each.
  func run(_ parts: [ForkedTokens]) throws(ModelError) -> [ArraySlice<Float>] {
    var all: [ArraySlice<Float>] = []
    var batch = ForkBatch()
    for part in parts {
      if batch.count + part.tokens.count > maximumBlock {
        all += try run(batch)
        batch = ForkBatch()
      }
      batch.append(part)
    }
    return batch.parts.isEmpty ? all : try all + run(batch)
  }

  private func run(_ batch: ForkBatch) throws(ModelError) -> [ArraySlice<Float>] {
    for (part, rows) in zip(batch.parts, batch.rows) {
      for (index, token) in part.tokens.enumerated() {
        embed(token, row: rows.lowerBound + index)
        rope.fill(
          row: rows.lowerBound + index, position: MRoPEPosition(text: Int32(clamping: part.position + index)))
      }
    }
    try checkEmbeddings(count: batch.count)
    for (index, layer) in layers.enumerated() {
      engine.rmsNorm(
        hidden, count: batch.count, weight: layer.mixerNorm, epsilon: configuration.normEpsilon, to: normed)
      try mix(layer, index: index, batch)
      feedForward(layer, index: index, first: 0, count: batch.count)
      try checkOutput(of: index, first: 0, count: batch.count)
    }
    return logits(afterRows: batch.rows.map { $0.upperBound - 1 })
  }

  private func mix(_ layer: DecoderLayer, index: Int, _ batch: ForkBatch) throws(ModelError) {
    switch layer.mixer {
    case .attention(let attention, let cached):
      projectQKV(attention, index: index, cached: cached, count: batch.count)
      try checkProjections(attention, index: index, count: batch.count)
      attend(cached: cached, batch)
      addAttended(attention, index: index, first: 0, count: batch.count)
    case .shortConvolution(let convolution, let range):
      convolution.run(
        normed, count: batch.count, in: recurrent, engine: engine, to: hidden, sequences: sequences(of: batch, range))
    case .gatedDeltaNet(let deltaNet, let range):
      deltaNet.run(
        normed, count: batch.count, in: recurrent, engine: engine, to: hidden, sequences: sequences(of: batch, range))
    }
  }

  /// Stores the batch's keys and values in one layer, and computes its attention.
  private func attend(cached: Int, _ batch: ForkBatch) {
    // Branches use the same slots, so each attends before the next one is stored. Pruned heads are left out by the
    // attention of one fork.
    let isTogether = batch.isDecoding && prunedHeads[cached].isEmpty && attendTogether(cached: cached, batch)
    guard !isTogether else { return }
    for (part, rows) in zip(batch.parts, batch.rows) {
      store(part, rows, cached: cached)
      attend(
        cached: cached, first: rows.lowerBound, count: rows.count, append: part.append, token: 0,
        to: attended.from(rows.lowerBound))
    }
  }

  private func store(_ part: ForkedTokens, _ rows: Range<Int>, cached: Int) {
    part.append.store(
      keys: keys.from(rows.lowerBound), values: values.from(rows.lowerBound), layer: cached, engine: engine)
  }

  /// Attention of one token of each fork, with the rows that they share read once.
  ///
  /// - Returns: false where they share none.
  private func attendTogether(cached: Int, _ batch: ForkBatch) -> Bool {
    for (part, rows) in zip(batch.parts, batch.rows) { store(part, rows, cached: cached) }
    return engine.attend(
      queries: queries, forks: batch.parts.count, heads: configuration.heads,
      keyValueHeads: configuration.keyValueHeads, format: batch.parts[0].append.format, output: attended,
      shared: { batch.parts[0].append.sharedRowCount(layer: cached, head: $0) },
      rows: { batch.parts[$0].append.rows(layer: cached, head: $1) })
  }

  /// Each fork's sequence in a layer, with the state that it goes on with: a fork's own, or a copy for a branch.
  private func sequences(of batch: ForkBatch, _ range: Range<Int>) -> RecurrentSequences {
    { [self] body in
      for (part, rows) in zip(batch.parts, batch.rows) {
        var state = state(range, of: part.append)
        if part.isBranch {
          let copy = recurrent.fork.columns(0..<state.width)
          copy.copy(row: 0, from: state, row: 0)
          state = copy
        }
        body(rows.lowerBound, rows.count, state)
      }
    }
  }
}

/// Tokens that one fork reads.
struct ForkedTokens {
  let tokens: [Int]
  /// Of the first token; text positions follow.
  let position: Int
  let append: KVAppend
  /// A branch leaves nothing behind: it has neither slots nor a state of its own.
  let isBranch: Bool
}

/// Tokens of several forks that are computed together.
private struct ForkBatch {
  private(set) var parts: [ForkedTokens] = []
  /// The rows of each part.
  private(set) var rows: [Range<Int>] = []

  var count: Int { rows.last?.upperBound ?? 0 }
  /// Whether several forks read one token each.
  var isDecoding: Bool { parts.count > 1 && parts.count == count && !parts[0].isBranch }

  mutating func append(_ part: ForkedTokens) {
    rows.append(count..<count + part.tokens.count)
    parts.append(part)
  }
}
