// SPDX-License-Identifier: Apache-2.0

/// The shape of a run of vision tokens: `temporalPatches` temporal patches, each a grid of merged tokens in row order.
public struct GridTHW: Sendable, Hashable {
  /// Temporal patches, in stream order.
  public var temporalPatches: Int
  /// Rows of tokens in one frame.
  public var height: Int
  /// Columns of tokens in one frame.
  public var width: Int

  public init(temporalPatches: Int, height: Int, width: Int) {
    self.temporalPatches = temporalPatches
    self.height = height
    self.width = width
  }

  /// Tokens of one frame; `Int.max` when the true figure is larger than that.
  public var tokensPerTemporalPatch: Int { height.multipliedSaturating(by: width) }

  /// Tokens of all temporalPatches; `Int.max` when the true figure is larger than that.
  public var tokenCount: Int { temporalPatches.multipliedSaturating(by: tokensPerTemporalPatch) }

  /// True when every side is at least one.
  var isPositive: Bool { temporalPatches > 0 && height > 0 && width > 0 }
}
