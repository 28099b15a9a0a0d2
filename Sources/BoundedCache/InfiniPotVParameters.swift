// SPDX-License-Identifier: Apache-2.0

/// The shares that steer InfiniPot-V.
public struct InfiniPotVParameters: Sendable, Hashable {
  /// Share of the kept tokens chosen by redundancy in time, the newest frames among them (α).
  public var alpha: Double
  /// Share of the held frames that count as the newest and are kept whole (ρ).
  public var recentRatio: Double
  /// Share of the room for vision tokens that is filled after a pass (C/M); every policy thins down to it.
  public var targetRatio: Double

  /// What older tokens are chosen by.
  public var choice: Choice
  /// Which token of the newest frames an older one is compared with.
  public var alignment: Alignment
  /// When keys are compared.
  public var comparison: Comparison
  /// Over which neighbours value norms are averaged.
  public var pooling: Alignment

  /// What a token is kept for.
  public enum Choice: String, Sendable, Hashable, CaseIterable {
    /// Being unlike what is at its place now, or having a large value, as published.
    case tarAndVaN = "tar-van"
    /// What questions of the usual kinds would look at. Without any recorded, as published.
    case proxyQueries = "proxy-queries"
  }

  /// What counts as a token's place.
  public enum Alignment: String, Sendable, Hashable, CaseIterable {
    /// Its place among the tokens held, cut into runs of a frame's length, as published: from the second pass on, no
    /// longer the same patch of the picture.
    case slot
    /// The patch of the picture, and the frame of the stream, that it came from.
    case patch
  }

  /// In which form keys are compared.
  public enum Comparison: String, Sendable, Hashable, CaseIterable {
    /// As they are cached, as published: the time that has passed itself lowers the similarity.
    case rotated
    /// With the rotation by their frame's time taken off.
    case preRoPE = "pre-rope"
  }

  public init(
    alpha: Double, recentRatio: Double, targetRatio: Double, choice: Choice = .tarAndVaN,
    alignment: Alignment = .slot, comparison: Comparison = .rotated, pooling: Alignment = .slot
  ) {
    self.alpha = alpha
    self.recentRatio = recentRatio
    self.targetRatio = targetRatio
    self.choice = choice
    self.alignment = alignment
    self.comparison = comparison
    self.pooling = pooling
  }

  /// The published operating point: α = 0.5, ρ = 0.25, 24 frames kept of 32.
  public static let published = InfiniPotVParameters(alpha: 0.5, recentRatio: 0.25, targetRatio: 24.0 / 32.0)

  func validate() throws(CacheError) {
    let shares = [("alpha", alpha), ("recentRatio", recentRatio), ("targetRatio", targetRatio)]
    for (name, value) in shares where !(value >= 0 && value <= 1) {
      throw .invalidParameter(name: name, value: value)
    }
    // A pass that keeps everything would never make room.
    if targetRatio == 0 || targetRatio == 1 { throw .invalidParameter(name: "targetRatio", value: targetRatio) }
  }
}
