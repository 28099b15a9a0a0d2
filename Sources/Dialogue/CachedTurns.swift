// SPDX-License-Identifier: Apache-2.0

/// Which turns the tail of the cache holds as keys and values, and where.
///
/// The tail is what closes the vision part, then turns, each a question, its answer and what opens the next turn. Of
/// the newest turn the answer's last token and that opening are still to be read.
struct CachedTurns {
  /// The position of the first token; each one after it stands one further.
  var origin: Int
  /// Whether the tail was begun behind frames.
  let hasFrames: Bool
  /// The row at which each turn's question begins, the oldest turn first.
  private(set) var starts: [Int] = []
  /// Tokens to be read before another turn can begin.
  var joint: [Int] = []

  init(origin: Int, hasFrames: Bool) {
    self.origin = origin
    self.hasFrames = hasFrames
  }

  /// A question begins at a row.
  mutating func begin(at row: Int) { starts.append(row) }

  /// Takes the newest turn out again.
  ///
  /// - Returns: the row at which it began, where the tail is to be cut.
  mutating func takeBack() -> Int {
    joint = []
    return starts.removeLast()
  }

  /// Takes out as many of the newest turns as have room in `limit` tokens.
  ///
  /// - Parameter held: the tail's tokens.
  /// - Returns: the turns, and the row at which the first of them began, where the tail is to be cut.
  mutating func takeBack(within limit: Int, held: Int) -> (turns: Int, row: Int) {
    guard let first = starts.firstIndex(where: { held + joint.count - $0 <= limit }) else { return (0, held) }
    let taken = (turns: starts.count - first, row: starts[first])
    starts.removeSubrange(first...)
    joint = []
    return taken
  }

  /// The oldest turns' rows whose removal makes the tail at least so many tokens shorter; nil where that takes the
  /// newest turn too.
  func oldest(_ tokens: Int) -> Range<Int>? {
    guard tokens > 0, let first = starts.first else { return nil }
    return starts.first { $0 - first >= tokens }.map { first..<$0 }
  }

  /// The turns in some rows, as `oldest` chose them, are gone, and all after them moved up.
  mutating func remove(_ rows: Range<Int>) {
    starts.removeAll { rows.contains($0) }
    for index in starts.indices { starts[index] -= rows.count }
  }
}
