// SPDX-License-Identifier: Apache-2.0

/// Where the turns of a conversation stand in the text segment of the cache.
///
/// The segment begins with the end of the vision segment. Turns follow: each a question, its answer and what opens
/// the next turn. Of the newest turn, the answer's last token and that opening are not cached yet.
struct CachedTurns {
  /// Where a turn begins.
  struct Start: Equatable {
    /// The row of its first token.
    var row: Int
    /// Tokens of white space before its question, which has none right behind frames.
    var lead: Int
  }

  /// The text position of the segment's first token; each token after it is one further.
  var origin: Int
  /// Whether the segment was begun behind frames.
  let hasFrames: Bool
  /// The rows of the segment at which the turns begin, the oldest turn first.
  private(set) var starts: [Start] = []
  /// Tokens to be read before another turn can begin.
  var joint: [Int] = []

  init(origin: Int, hasFrames: Bool) {
    self.origin = origin
    self.hasFrames = hasFrames
  }

  /// A turn begins.
  mutating func begin(_ start: Start) { starts.append(start) }

  /// Removes the newest turn.
  ///
  /// - Returns: the row at which it began, where the segment is to be truncated; nil without turns.
  mutating func removeNewest() -> Int? {
    joint = []
    return starts.popLast()?.row
  }

  /// Removes the newest turns that fit into `limit` tokens together.
  ///
  /// - Parameter count: tokens of the segment.
  /// - Returns: how many turns, and the row at which the first of them began, where the segment is to be truncated.
  mutating func removeNewest(within limit: Int, of count: Int) -> (turns: Int, row: Int) {
    guard let first = starts.firstIndex(where: { count + joint.count - $0.row <= limit }) else { return (0, count) }
    let removed = (turns: starts.count - first, row: starts[first].row)
    starts.removeSubrange(first...)
    joint = []
    return removed
  }

  /// The rows of the oldest turns whose removal makes the segment at least `tokens` shorter; nil where that takes the
  /// newest turn too.
  func oldest(_ tokens: Int) -> Range<Int>? {
    guard tokens > 0, let first = starts.first?.row else { return nil }
    return starts.dropFirst().map { first..<$0.row + (hasFrames ? $0.lead : 0) }.first { $0.count >= tokens }
  }

  /// Removes the turns in rows that `oldest` chose; the rows after them move up.
  mutating func remove(_ rows: Range<Int>) {
    starts.removeAll { rows.contains($0.row + (hasFrames ? $0.lead : 0)) }
    for index in starts.indices { starts[index].row -= rows.count }
    guard hasFrames, !starts.isEmpty else { return }
    // The white space before it has gone with the rows.
    starts[0].row += starts[0].lead
    starts[0].lead = 0
  }
}
