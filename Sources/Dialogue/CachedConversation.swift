// SPDX-License-Identifier: Apache-2.0

import BoundedCache

/// The text segment of a dialogue's cache: which of the conversation's turns it has, and where. It is the fork of the
/// stream that lasts from turn to turn; those of independent questions begin behind it and are thrown away (see “Forks”
/// in `KVCacheCompression.md`).
///
/// Vision must not depend on the conversation. While frames come, the segment is therefore parked (see
/// `KeyValueCache.parkText`), and comes back behind them with the next question. No token can be removed from the
/// recurrent state of a hybrid model. Its text is dropped where another model's is shortened or parked, and read again
/// with the next question.
struct CachedConversation {
  private let cache: KeyValueCache
  /// How keys rotate with a position of text.
  private let rotation: RoPEFrequencies
  /// Nil while the segment is empty.
  private var cached: CachedTurns?
  /// The turns of the conversation from this one on are not cached.
  private(set) var firstUncachedTurn = 0

  init(cache: KeyValueCache, rotation: RoPEFrequencies) {
    self.cache = cache
    self.rotation = rotation
  }

  /// The same turns, in a copy of the cache.
  func copy(in cache: KeyValueCache) -> CachedConversation {
    var copy = CachedConversation(cache: cache, rotation: rotation)
    (copy.cached, copy.firstUncachedTurn) = (cached, firstUncachedTurn)
    return copy
  }

  var isEmpty: Bool { cached == nil }
  /// Tokens of the segment, parked or not.
  var tokenCount: Int { cache.textCount + cache.parkedCount }
  /// The text position of the segment's next token.
  var nextPosition: Int { (cached?.origin ?? 0) + cache.textCount }
  /// Tokens to be read before another turn can begin.
  var joint: [Int] { cached?.joint ?? [] }

  // MARK: Turns

  /// Begins the segment, which is empty.
  ///
  /// - Parameters:
  ///   - position: the text position of its first token.
  ///   - hasFrames: whether it stands behind frames.
  mutating func begin(at position: Int, hasFrames: Bool) {
    cached = CachedTurns(origin: position, hasFrames: hasFrames)
  }

  /// Whether turns can be read behind those that are cached: they were read behind frames if there are frames now.
  func canContinue(hasFrames: Bool) -> Bool { cached?.hasFrames == hasFrames }

  /// Brings the segment back if it is parked, and removes its oldest turns where more tokens would exceed a limit.
  ///
  /// - Parameters:
  ///   - count: the tokens to be added.
  ///   - limit: the most tokens of the segment.
  ///   - position: the text position behind the frames.
  /// - Returns: false if the limit leaves no turn; nothing has changed then.
  mutating func reserve(for count: Int, limit: Int, at position: Int) -> Bool {
    guard var turns = cached else { return false }
    let excess = tokenCount + count - limit
    let removed = turns.oldest(excess)
    guard excess <= 0 || (removed != nil && !cache.shape.isHybrid) else { return false }
    if cache.parkedCount > 0 {
      cache.reattachText(movedBy: position - turns.origin, rotation: rotation)
      turns.origin = position
    }
    if let removed {
      cache.removeFromText(removed, rotation: rotation)
      turns.remove(removed)
    }
    cached = turns
    return true
  }

  /// Turns are about to be read behind the segment, the last of them a question without its answer.
  ///
  /// - Parameters:
  ///   - starts: where each turn begins, counted in tokens from the segment's end.
  ///   - conversation: how many turns the conversation has without the question.
  mutating func add(turnsAt starts: [CachedTurns.Start], conversation: Int) {
    for start in starts { cached?.begin(.init(row: cache.textCount + start.row, lead: start.lead)) }
    firstUncachedTurn = conversation
  }

  /// The newest question has been answered.
  ///
  /// - Parameters:
  ///   - joint: tokens to be read before another turn can begin.
  ///   - conversation: how many turns the conversation has now.
  mutating func endTurn(joint: [Int], conversation: Int) {
    cached?.joint = joint
    firstUncachedTurn = conversation
  }

  /// Removes the newest turn; its words are read again with the next question.
  ///
  /// - Parameter first: its index in the conversation.
  mutating func removeNewestTurn(first: Int) {
    // The only turn has no white space of its own before it behind frames.
    guard !cache.shape.isHybrid, let row = cached?.removeNewest(), row <= cache.textCount,
      cached?.starts.isEmpty == false
    else { return drop() }
    cache.truncateText(to: row)
    firstUncachedTurn = first
  }

  // MARK: Frames

  /// Parks the segment before frames come.
  ///
  /// - Parameter tokens: the newest turns that fit into as many tokens are removed, to be read again in the light of
  ///   what comes. Older turns stay as they were read, so that a question never waits for a long conversation.
  mutating func park(rereading tokens: Int) {
    guard cache.textCount > 0, var turns = cached else { return }
    guard !cache.shape.isHybrid else { return drop() }
    let removed = turns.removeNewest(within: tokens, of: cache.textCount)
    guard !turns.starts.isEmpty else { return drop() }
    firstUncachedTurn -= removed.turns
    cache.truncateText(to: removed.row)
    cache.parkText()
    cached = turns
  }

  /// Empties the segment: all turns are read again with the next question.
  mutating func drop() {
    cache.truncateText(to: 0)
    cache.discardParked()
    cached = nil
    firstUncachedTurn = 0
  }
}
