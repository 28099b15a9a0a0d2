// SPDX-License-Identifier: Apache-2.0

import Compute

/// Where in a cache tokens are to be appended: the segment and all that the cache wants to know of them.
///
/// The model takes the ticket, checks what it is about to read, and only then claims the slots. So what it refuses
/// leaves the cache as it was, and the model knows neither segment, grid nor retrieval.
public struct KVAppendTicket {
  /// The cache that the tokens are appended to.
  public let cache: KeyValueCache
  fileprivate let segment: CacheSegment
  fileprivate let grid: GridTHW?
  fileprivate let places: [Int32]?
  fileprivate let advance: Int
  fileprivate let isRetrieving: Bool

  /// Claims slots for `n` tokens.
  ///
  /// - Throws: as `KeyValueCache.append` does.
  public func claim(_ n: Int) throws(CacheError) -> KVAppend {
    try cache.append(n, to: segment, grid: grid, places: places, advance: advance, retrieving: isRetrieving)
  }
}

extension KeyValueCache {
  /// A ticket for tokens that the model is about to read; the parameters are those of `append`.
  public func ticket(
    for segment: CacheSegment, grid: GridTHW? = nil, places: [Int32]? = nil, advance: Int = 1,
    retrieving: Bool = false
  ) -> KVAppendTicket {
    KVAppendTicket(
      cache: self, segment: segment, grid: grid, places: places, advance: advance, isRetrieving: retrieving)
  }
}

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
  /// from head to head. Below 0 in a fork, whose tokens lie behind that end.
  private let tokensFromEnd: Int
  private let segment: CacheSegment
  /// The tokens' queries choose what is retrieved for them.
  private let isRetrieving: Bool
  /// The layout's revision that the slots belong to.
  private let revision: Int
  /// The fork that the tokens are appended to; nil for the cache itself.
  private let fork: KVFork?

  init(
    cache: KeyValueCache, count: Int, tokensFromEnd: Int, segment: CacheSegment, isRetrieving: Bool, revision: Int,
    fork: KVFork? = nil
  ) {
    self.cache = cache
    self.count = count
    self.tokensFromEnd = tokensFromEnd
    self.segment = segment
    self.isRetrieving = isRetrieving
    self.revision = revision
    self.fork = fork
  }

  /// The part of these tokens that is computed together.
  ///
  /// - Parameter block: counted from the first of these tokens.
  public subscript(block: Range<Int>) -> KVAppend {
    precondition(block.lowerBound >= 0 && block.upperBound <= count, "the block is not of these tokens")
    return KVAppend(
      cache: cache, count: block.count, tokensFromEnd: tokensFromEnd - block.lowerBound, segment: segment,
      isRetrieving: isRetrieving, revision: revision, fork: fork)
  }

  /// Takes the slots back, whose tokens nobody will attend to. What else is cached stays as it was.
  ///
  /// - Precondition: they are the newest of the text segment, of no fork, and their tokens changed no recurrent state.
  public func withdraw() {
    checkRevision()
    precondition(fork == nil, "a fork is thrown away as a whole")
    cache.withdraw(count)
  }

  /// How `rows` are laid out.
  public var format: PagedRowFormat { cache.state.store.format }

  /// The recurrent states that these tokens go on with, one row of `CacheShape.recurrentStateCount` floats, for the
  /// model to change; nil for a model without.
  public var recurrentState: FloatMatrix? {
    checkRevision()
    return fork.map(\.recurrentState) ?? cache.state.recurrent?.state(of: segment)
  }

  /// Stores the tokens' keys and values in every head of a layer.
  ///
  /// - Parameters:
  ///   - keys: rows `[count][keyValueHeads · headDimension]`, rotated by RoPE.
  ///   - values: rows of the same shape.
  public func store(keys: FloatMatrix, values: FloatMatrix, layer: Int, engine: Engine) {
    checkRevision()
    let store = cache.state.store
    for head in 0..<store.shape.keyValueHeads {
      let slot = cache.state.layout.count(ofGroup: store.group(layer: layer, head: head)) - tokensFromEnd
      store.store(
        keys: keys, values: values, count: count, layer: layer, head: head, slot: slot, in: fork?.pages, engine: engine)
    }
  }

  /// Lets the tokens' queries choose, in one layer, what is retrieved for them; does nothing unless `append` was asked
  /// to retrieve.
  ///
  /// - Parameter queries: rows `[count][attention heads · headDimension]`, rotated by RoPE.
  public func retrieve(layer: Int, queries: FloatMatrix) {
    guard isRetrieving else { return }
    cache.state.offload?.retrieve(
      layer: layer, queries: queries, count: count, layout: cache.state.layout, origins: cache.state.origins,
      in: cache.state.store)
  }

  /// One head's keys and values as attention reads them: all that the token `token` of these may see.
  public func rows(layer: Int, head: Int, token: Int = 0) -> PagedRows {
    checkRevision()
    let store = cache.state.store
    let group = store.group(layer: layer, head: head)
    let pages = cache.state.offload?.visiblePages(layer: layer, group: group) ?? 0
    let count = cache.state.layout.count(ofGroup: group) - tokensFromEnd + token + 1
    return store.rows(
      layer: layer, head: head, count: pages * PageStore.pageTokens + count, leadingPages: pages, in: fork?.pages)
  }

  /// How many of the first of these rows all forks of the cache as it is have in common; 0
  /// where there is no fork.
  public func sharedRowCount(layer: Int, head: Int) -> Int {
    guard let fork else { return 0 }
    let group = cache.state.store.group(layer: layer, head: head)
    let pages = cache.state.offload?.visiblePages(layer: layer, group: group) ?? 0
    return (pages + fork.pages.cachedSlots[group] / PageStore.pageTokens) * PageStore.pageTokens
  }

  /// How the work of decoding with a layer is divided among threads; made once for a number of threads and a budget.
  public func attentionPlan(layer: Int, workers: Int) -> AttentionPlan {
    cache.attentionPlan(layer: layer, workers: workers)
  }

  private func checkRevision() {
    precondition(revision == cache.state.layout.revision, "the cache has changed since these slots were claimed")
  }
}
