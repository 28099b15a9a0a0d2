// SPDX-License-Identifier: Apache-2.0

import Compute

/// Slots that `KeyValueCache.append` has claimed at the end of a segment, for tokens that the model is about to read.
///
/// It says where the tokens' keys and values go and what their queries may see: everything cached before them, and
/// themselves. The model stores and reads through it and needs to know neither segment, grid nor retrieval. Tokens that
/// are computed in blocks take the part of each block: `append[start..<end]`.
///
/// Valid until the cache changes in any other way than by storing.
public struct KVAppend {
  /// The cache that the tokens are appended to.
  public let cache: KeyValueCache
  /// Tokens that this stands for.
  public let count: Int
  /// Tokens from the first of these to the end of the cached sequence: slots are counted from the end, which differs
  /// from head to head.
  let remaining: Int
  /// The tokens' queries choose what is retrieved for them.
  let isRetrieving: Bool
  let revision: Int

  init(cache: KeyValueCache, count: Int, remaining: Int, isRetrieving: Bool, revision: Int) {
    self.cache = cache
    self.count = count
    self.remaining = remaining
    self.isRetrieving = isRetrieving
    self.revision = revision
  }

  /// The part of these tokens that is computed together.
  ///
  /// - Parameter block: counted from the first of these tokens.
  public subscript(block: Range<Int>) -> KVAppend {
    precondition(block.lowerBound >= 0 && block.upperBound <= count, "the block is not of these tokens")
    return KVAppend(
      cache: cache, count: block.count, remaining: remaining - block.lowerBound, isRetrieving: isRetrieving,
      revision: revision)
  }

  /// How `rows` are laid out.
  public var format: PagedRowFormat { cache.rowFormat }

  /// Stores the tokens' keys and values in every head of a layer.
  ///
  /// - Parameters:
  ///   - keys: rows `[count][keyValueHeads · headDimension]`, rotated by RoPE.
  ///   - values: rows of the same shape.
  public func store(keys: FloatMatrix, values: FloatMatrix, layer: Int, engine: Engine) {
    cache.store(keys: keys, values: values, layer: layer, for: self, engine: engine)
  }

  /// Lets the tokens' queries choose, in one layer, what is retrieved for them; does nothing unless `append` was asked
  /// to retrieve.
  ///
  /// - Parameter queries: rows `[count][attention heads · headDimension]`, rotated by RoPE.
  public func retrieve(layer: Int, queries: FloatMatrix) {
    guard isRetrieving else { return }
    cache.retrieve(layer: layer, queries: queries, count: count)
  }

  /// One head's keys and values as attention reads them: all that the token `token` of these may see.
  public func rows(layer: Int, head: Int, token: Int = 0) -> PagedRows {
    cache.rows(layer: layer, head: head, for: self, token: token)
  }

  /// How the work of decoding with a layer is divided among threads; made once for a number of threads and a budget.
  public func attentionPlan(layer: Int, workers: Int) -> AttentionPlan {
    cache.attentionPlan(layer: layer, workers: workers)
  }
}
