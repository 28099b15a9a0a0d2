// SPDX-License-Identifier: Apache-2.0

/// By how many positions the tokens of the text segment have moved since their keys were stored.
struct TextPositionShifts: Equatable {
  /// Consecutive tokens that have moved by the same number of positions.
  struct Run: Equatable {
    var tokens: Int
    var change: Int
  }

  /// From the first token on; what follows them has not moved.
  private(set) var runs: [Run] = []
  /// RoPE of a text position.
  private(set) var rotation = RoPEFrequencies(frequencies: [])

  /// Moves some of the tokens.
  ///
  /// - Parameter range: counted from the first token.
  mutating func move(_ range: Range<Int>, by change: Int, rotation: RoPEFrequencies) {
    guard change != 0, !range.isEmpty else { return }
    self.rotation = rotation
    let before = cut(0..<range.lowerBound)
    let moved = cut(range).map { Run(tokens: $0.tokens, change: $0.change + change) }
    set(before + moved + cut(range.upperBound..<max(tokens, range.upperBound)))
  }

  /// Closes the gap that removed tokens leave.
  mutating func remove(_ range: Range<Int>) {
    set(cut(0..<range.lowerBound) + cut(range.upperBound..<max(tokens, range.upperBound)))
  }

  /// Keeps the first tokens.
  mutating func truncate(to count: Int) { set(cut(0..<min(count, tokens))) }

  private var tokens: Int { runs.reduce(0) { $0 + $1.tokens } }

  /// The runs of some of the tokens.
  private func cut(_ range: Range<Int>) -> [Run] {
    var cut: [Run] = []
    var first = 0
    for run in runs {
      let part = range.clamped(to: first..<first + run.tokens)
      if !part.isEmpty { cut.append(Run(tokens: part.count, change: run.change)) }
      first += run.tokens
    }
    let rest = range.clamped(to: first..<max(first, range.upperBound))
    if !rest.isEmpty { cut.append(Run(tokens: rest.count, change: 0)) }
    return cut
  }

  /// Joins neighbours with the same change, and drops what has not moved from the end.
  private mutating func set(_ new: [Run]) {
    runs.removeAll(keepingCapacity: true)
    for run in new {
      if let last = runs.last, last.change == run.change {
        runs[runs.count - 1].tokens += run.tokens
      } else {
        runs.append(run)
      }
    }
    while runs.last?.change == 0 { runs.removeLast() }
  }
}
