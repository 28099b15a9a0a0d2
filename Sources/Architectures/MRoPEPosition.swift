// SPDX-License-Identifier: Apache-2.0

/// A token's place for the rope embedding of Qwen2-VL, whose rope pairs turn some with time, some with height and
/// some with width. For text all three are the same.
public struct MRoPEPosition: Sendable, Hashable {
  public var time: Int32
  public var height: Int32
  public var width: Int32

  public init(time: Int32, height: Int32, width: Int32) {
    self.time = time
    self.height = height
    self.width = width
  }

  /// A place in text.
  public init(text position: Int32) {
    self.init(time: position, height: position, width: position)
  }
}

/// Hands out the positions of one sequence of text and frames.
///
/// A text token advances all three components together. Frames that follow each other share a start s: the token in row
/// i and column j of a frame takes (s + t, s + i, s + j), where t is what the frames before it have advanced. Text after
/// them goes on at 1 + the largest component. In Qwen2-VL each frame advances by 1, in Qwen2.5-VL by its duration; in
/// Qwen3-VL text stands between frames, so that each has a start of its own.
public struct MRoPEPositions: Sendable, Hashable {
  private var next: Int32 = 0
  /// What the frames since `beginVision` have advanced.
  private var elapsed: Int32 = 0
  private var reached: Int32 = 0
  /// The longest side of the frames so far, in tokens.
  private var side: Int32 = 0

  public init() {}

  /// The position of the next text token.
  public var textPosition: Int { Int(next) }

  /// Positions of the next `n` text tokens.
  public mutating func text(_ n: Int) -> [MRoPEPosition] {
    let positions = (0..<max(n, 0)).map { MRoPEPosition(text: next &+ Int32(truncatingIfNeeded: $0)) }
    next &+= Int32(truncatingIfNeeded: max(n, 0))
    return positions
  }

  /// The position of the next text token alone.
  public mutating func nextText() -> MRoPEPosition {
    defer { next &+= 1 }
    return MRoPEPosition(text: next)
  }

  /// Text goes on from an earlier position.
  public mutating func rewind(toText position: Int) {
    next = min(next, Int32(clamping: position))
    reached = next
  }

  /// Frames follow from here on.
  public mutating func beginVision() {
    elapsed = 0
    side = 0
    reached = next
  }

  /// Positions of the next frame's tokens, row by row.
  ///
  /// - Parameters:
  ///   - height: rows of merged tokens; `width`: columns.
  ///   - advance: how much later the frame after this one is.
  public mutating func frame(height: Int, width: Int, advance: Int = 1) -> [MRoPEPosition] {
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
    // The frame itself reaches one place; what it advances beyond that is the next frame's.
    reached = max(reached, next &+ max(elapsed &+ 1, side))
    elapsed &+= Int32(clamping: advance)
    return positions
  }

  /// Goes on as if the frames since `beginVision` had advanced by so much.
  public mutating func rewind(toElapsed length: Int, lastAdvance: Int = 1) {
    elapsed = Int32(clamping: length)
    reached = next &+ max(elapsed &- Int32(clamping: lastAdvance) &+ 1, side)
  }

  /// Text follows from here on.
  public mutating func endVision() {
    next = max(next, reached)
    elapsed = 0
  }
}
