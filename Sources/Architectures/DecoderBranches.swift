// SPDX-License-Identifier: Apache-2.0

import BoundedCache

/// Branches: forks that are thrown away once their prompt is read, so that they need no pages of their own.
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
    try check(continuations: branches)
    guard let longest = branches.map(\.count).max() else { return [] }
    let append = try claim(longest, of: ticket)
    defer { append.withdraw() }
    return try run(
      branches.map { ForkedTokens(tokens: $0, position: position, append: append[0..<$0.count], isBranch: true) }
    ).map(Array.init)
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
}
