// SPDX-License-Identifier: Apache-2.0

/// Assigns M-RoPE positions to one sequence of text and temporal patches, as transformers' `get_rope_index` does.
///
/// A text token advances all three components by one. Temporal patches that follow each other share a start s: the
/// token in row i and column j takes (s + t, s + i, s + j), where t is the advance of all patches before it. Text
/// after them continues at 1 + the largest component. In Qwen2-VL each temporal patch advances by 1, in Qwen2.5-VL by
/// its duration; in Qwen3-VL text stands between temporal patches, so that each has a start of its own.
public struct MRoPEPositionAssigner: Sendable, Hashable {
  /// The position of the next text token; between `beginVision` and `endVision`, the start s.
  private var next: Int32 = 0
  /// Positions of time that the temporal patches since `beginVision` have advanced: t of the next one.
  private var elapsed: Int32 = 0
  /// 1 + the largest component so far: where text after the temporal patches continues.
  private var reached: Int32 = 0
  /// The longest side of the temporal patches so far, in tokens.
  private var side: Int32 = 0

  /// A sequence that begins at position 0.
  public init() {}

  /// The position of the next text token.
  public var textPosition: Int { Int(next) }

  /// Positions of the next `count` text tokens.
  public mutating func text(_ count: Int) -> [MRoPEPosition] {
    let positions = (0..<max(count, 0)).map { MRoPEPosition(text: next &+ Int32(truncatingIfNeeded: $0)) }
    next &+= Int32(truncatingIfNeeded: max(count, 0))
    return positions
  }

  /// The position of the next text token alone. It allocates nothing.
  public mutating func nextText() -> MRoPEPosition {
    defer { next &+= 1 }
    return MRoPEPosition(text: next)
  }

  /// Text continues from an earlier position; a later one changes nothing.
  public mutating func rewind(toText position: Int) {
    next = min(next, Int32(clamping: position))
    reached = next
  }

  /// Temporal patches follow, which start here.
  public mutating func beginVision() {
    elapsed = 0
    side = 0
    reached = next
  }

  /// Positions of the next temporal patch's tokens, row by row, `[height * width]`.
  ///
  /// - Parameters:
  ///   - height: rows of tokens.
  ///   - width: columns of tokens.
  ///   - advance: by how much the time of the next temporal patch is later.
  public mutating func temporalPatch(height: Int, width: Int, advance: Int = 1) -> [MRoPEPosition] {
    var positions: [MRoPEPosition] = []
    positions.reserveCapacity(max(height, 0) * max(width, 0))
    for row in 0..<max(height, 0) {
      for column in 0..<max(width, 0) {
        positions.append(
          MRoPEPosition(
            time: next &+ elapsed, height: next &+ Int32(truncatingIfNeeded: row),
            width: next &+ Int32(truncatingIfNeeded: column)))
      }
    }
    side = max(side, Int32(truncatingIfNeeded: max(height, width)))
    // The patch itself takes one position of time. What it advances beyond that counts only if another patch follows.
    reached = max(reached, next &+ max(elapsed &+ 1, side))
    elapsed &+= Int32(clamping: advance)
    return positions
  }

  /// Continues as if the temporal patches since `beginVision` had advanced by `length`, the last of them by
  /// `lastAdvance`.
  public mutating func rewind(toElapsed length: Int, lastAdvance: Int = 1) {
    elapsed = Int32(clamping: length)
    reached = next &+ max(elapsed &- Int32(clamping: lastAdvance) &+ 1, side)
  }

  /// Text follows, at 1 + the largest component.
  public mutating func endVision() {
    next = max(next, reached)
    elapsed = 0
  }
}
