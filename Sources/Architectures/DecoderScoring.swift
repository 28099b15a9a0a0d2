// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute

/// Logits after every token of a text, for perplexity and comparisons of models.
extension LanguageModel {
  /// Reads tokens into the cache as `prefill(tokens:positions:into:)` does, and keeps the logits after each of them.
  ///
  /// - Parameters:
  ///   - tokens: few at a time: a row of logits is as long as the vocabulary.
  ///   - positions: one for each token.
  ///   - ticket: says where in the cache, which has room for them.
  /// - Returns: `[tokens][vocabulary]`; a row is NaN where the output head overflowed.
  /// - Throws: as `prefill(tokens:positions:into:)`.
  public func prefillKeepingLogits(
    tokens: [Int], positions: [MRoPEPosition], into ticket: KVAppendTicket
  ) throws(ModelError) -> [[Float]] {
    guard !tokens.isEmpty || !positions.isEmpty else { return [] }
    let append = try claim(tokens, positions, of: ticket)
    var all: [[Float]] = []
    for start in stride(from: 0, to: tokens.count, by: maximumBlock) {
      let end = min(start + maximumBlock, tokens.count)
      embed(tokens[start..<end], positions[start..<end])
      try run(append[start..<end], scoring: .all)
      all += logits(afterRows: Array(0..<end - start)).map(Array.init)
    }
    return all
  }

  /// The logits after some of the tokens whose last layer's output `hidden` holds.
  func logits(afterRows rows: [Int]) -> [ArraySlice<Float>] {
    for (index, row) in rows.enumerated() { normed.copy(row: index, from: hidden, row: row) }
    let width = configuration.vocabularySize
    var all = Array(repeating: Float(0), count: rows.count * width)
    score(normed, count: rows.count, to: &all)
    return rows.indices.map { all[$0 * width..<($0 + 1) * width] }
  }
}

/// The tokens of a block that the last layer computes an output for.
enum ScoredTokens {
  /// None: their logits are not wanted.
  case none
  /// The last one, whose logits `LanguageModel.logits` receives.
  case last
  /// All; the caller scores them.
  case all
}
