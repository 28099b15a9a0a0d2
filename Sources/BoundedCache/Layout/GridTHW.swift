// SPDX-License-Identifier: Apache-2.0

/// The shape of a run of vision tokens, `[temporal patches][rows][columns]` (`grid_thw` of the Qwen families, counted
/// in merged tokens).
public struct GridTHW: Sendable, Hashable {
  /// Temporal patches, in stream order.
  public var temporalPatches: Int
  /// Rows of tokens in one temporal patch.
  public var height: Int
  /// Columns of tokens in one temporal patch.
  public var width: Int

  /// Memberwise; checks nothing.
  public init(temporalPatches: Int, height: Int, width: Int) {
    self.temporalPatches = temporalPatches
    self.height = height
    self.width = width
  }

  /// Tokens of one temporal patch; `Int.max` where the product is larger than that.
  public var tokensPerTemporalPatch: Int { height.multipliedSaturating(by: width) }

  /// Tokens of all temporal patches; `Int.max` where the product is larger than that.
  public var tokenCount: Int { temporalPatches.multipliedSaturating(by: tokensPerTemporalPatch) }

  /// True where every side is at least one.
  var isPositive: Bool { temporalPatches > 0 && height > 0 && width > 0 }
}
