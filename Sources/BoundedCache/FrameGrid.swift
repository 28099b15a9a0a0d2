/// The shape of a run of vision tokens: `frames` temporal patches, each a grid of merged tokens in row order.
public struct FrameGrid: Sendable, Hashable {
  /// Temporal patches, in stream order.
  public var frames: Int
  /// Rows of tokens in one frame.
  public var height: Int
  /// Columns of tokens in one frame.
  public var width: Int

  public init(frames: Int, height: Int, width: Int) {
    self.frames = frames
    self.height = height
    self.width = width
  }

  /// Tokens of one frame; `Int.max` when the true figure is larger than that.
  public var tokensPerFrame: Int { height.multipliedSaturating(by: width) }

  /// Tokens of all frames; `Int.max` when the true figure is larger than that.
  public var tokenCount: Int { frames.multipliedSaturating(by: tokensPerFrame) }

  /// True when every side is at least one.
  var isPositive: Bool { frames > 0 && height > 0 && width > 0 }
}
