// SPDX-License-Identifier: Apache-2.0

import Compute

/// A fork of the cached tokens: a continuation of its own, which is read and thrown away.
///
/// Its tokens attend to everything cached when it began, where that lies, and to each other. Keys and values of its own
/// lie in pages of its own (`ForkPages`). Of a hybrid model it goes on with a recurrent state of its own. The cache
/// stays as it is, so any number of forks can live on top of it, and a model reads them in one batch
/// (`LanguageModel.read(_:from:into:)`).
///
/// A fork has the room that the text segment would have, so that it goes on for as long as it would alone. Its memory
/// comes beside the cache's (`KeyValueCache.forkByteCount` bytes).
///
/// Valid until the cache changes.
public final class KVFork {
  /// The cache that it is a fork of.
  public let cache: KeyValueCache
  /// Tokens of its own.
  public private(set) var count = 0
  let pages: ForkPages
  private let capacity: Int
  private let state: FloatBuffer?
  /// The layout's revision that it is a fork of.
  let revision: Int

  fileprivate init(of cache: KeyValueCache, capacity: Int) throws(CacheError) {
    let layout = cache.state.layout
    guard layout.parkedCount == 0 else { throw .outOfOrder(.text) }
    self.cache = cache
    self.capacity = capacity
    revision = layout.revision
    pages = try ForkPages(
      of: cache.state.store, used: layout.groups.indices.map { layout.count(ofGroup: $0) }, capacity: capacity)
    state = try cache.state.recurrent?.copy(of: layout.textCount > 0 ? .text : .system)
  }

  /// Whether `n` more tokens fit: into its capacity, and beside the cached tokens into the budget.
  public func canAppend(_ n: Int) -> Bool { count + n <= capacity && cache.canAppend(count + n) }

  /// Claims slots for `n` tokens that the model is about to read.
  ///
  /// - Throws: `noCapacity`.
  public func append(_ n: Int) throws(CacheError) -> KVAppend {
    guard n > 0 else { throw .invalidCount(tokens: n, grid: nil) }
    guard canAppend(n) else {
      throw .noCapacity(cached: cache.count + count, adding: n, budget: cache.budget ?? cache.count + capacity)
    }
    defer { count += n }
    cache.notePeak(count + n)
    pages.used += n
    return KVAppend(
      cache: cache, count: n, tokensFromEnd: -count, segment: .text, isRetrieving: false, revision: revision,
      fork: self)
  }

  /// Its recurrent state, one row of `CacheShape.recurrentStateCount` floats; nil for a model without.
  var recurrentState: FloatMatrix? { state.map { $0.rows(width: $0.count) } }
}

extension KeyValueCache {
  /// Begins a fork of all that is cached.
  ///
  /// - Parameter capacity: the most tokens of its own.
  /// - Throws: `cannotAllocate`, or `outOfOrder` where text is parked.
  public func fork(capacity: Int) throws(CacheError) -> KVFork { try KVFork(of: self, capacity: capacity) }

  /// The most bytes that a fork takes.
  ///
  /// - Parameter capacity: the most tokens of its own.
  public func forkByteCount(capacity: Int) -> Int {
    let tokens = PageStore.pages(for: capacity.addingSaturating(PageStore.pageTokens)) * PageStore.pageTokens
    return shape.bytesPerToken(type).multipliedSaturating(by: tokens)
      .addingSaturating(shape.recurrentStateCount.multipliedSaturating(by: MemoryLayout<Float>.stride))
  }
}
