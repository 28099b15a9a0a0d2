/// A token's place for the rotary embedding of Qwen2-VL, whose rotary pairs turn some with time, some with height and
/// some with width. For text all three are the same.
public struct RotaryPosition: Sendable, Hashable {
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

/// Hands out the positions of one sequence of text and frames, as Qwen2-VL numbers them.
///
/// A text token advances all three components together. Frames that follow each other share a start s: the token in row
/// i and column j of the t-th takes (s + t, s + i, s + j). Text after them goes on at 1 + the largest component.
public struct RotaryTimeline: Sendable, Hashable {
  private var next: Int32 = 0
  private var frames: Int32 = 0
  private var reached: Int32 = 0
  /// The longest side of the frames so far, in tokens.
  private var side: Int32 = 0

  public init() {}

  /// Positions of the next `n` text tokens.
  public mutating func text(_ n: Int) -> [RotaryPosition] {
    let positions = (0..<max(n, 0)).map { RotaryPosition(text: next &+ Int32(truncatingIfNeeded: $0)) }
    next &+= Int32(truncatingIfNeeded: max(n, 0))
    return positions
  }

  /// The position of the next text token alone.
  public mutating func nextText() -> RotaryPosition {
    defer { next &+= 1 }
    return RotaryPosition(text: next)
  }

  /// Frames follow from here on.
  public mutating func beginVision() {
    frames = 0
    side = 0
    reached = next
  }

  /// Positions of the next frame's tokens, row by row.
  ///
  /// - Parameters:
  ///   - height: rows of merged tokens; `width`: columns.
  public mutating func frame(height: Int, width: Int) -> [RotaryPosition] {
    var positions: [RotaryPosition] = []
    positions.reserveCapacity(max(height, 0) * max(width, 0))
    for row in 0..<max(height, 0) {
      for column in 0..<max(width, 0) {
        positions.append(
          RotaryPosition(
            time: next &+ frames, height: next &+ Int32(truncatingIfNeeded: row),
            width: next &+ Int32(truncatingIfNeeded: column)))
      }
    }
    frames &+= 1
    side = max(side, Int32(truncatingIfNeeded: max(height, width)))
    reached = max(reached, next &+ max(frames, Int32(truncatingIfNeeded: max(height, width))))
    return positions
  }

  /// Goes on as if only so many frames had come since `beginVision`.
  public mutating func rewind(toFrames count: Int) {
    frames = Int32(truncatingIfNeeded: count)
    reached = next &+ max(frames, side)
  }

  /// Text follows from here on.
  public mutating func endVision() {
    next = max(next, reached)
    frames = 0
  }
}
