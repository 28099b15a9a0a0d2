// SPDX-License-Identifier: Apache-2.0

/// The ratios that steer InfiniPot-V, and where it departs from the paper.
public struct InfiniPotVParameters: Sendable, Hashable {
  /// Share of the retained tokens that TaR chooses, those of the newest temporal patches among them (α).
  public var alpha: Double
  /// Share of the cached temporal patches that count as the newest and are retained whole (ρ).
  public var recentRatio: Double
  /// Share of the vision tokens' room that is filled after a compression (C/M); every policy compresses to it.
  public var targetRatio: Double

  /// Method of scoring older tokens.
  public var choice: Choice
  /// Which tokens of the newest temporal patches TaR compares an older one with.
  public var alignment: Alignment
  /// In which form TaR compares keys.
  public var comparison: Comparison
  /// Over which neighbours VaN averages.
  public var pooling: Alignment

  /// Method of scoring older tokens.
  public enum Choice: String, Sendable, Hashable, CaseIterable {
    /// TaR and VaN, as published.
    case tarAndVaN = "tar-van"
    /// The attention that proxy queries give them; TaR and VaN where no proxy queries have been recorded.
    case proxyQueries = "proxy-queries"
    /// TaR, then proxy queries in place of VaN; TaR and VaN where none have been recorded.
    case tarAndProxyQueries = "tar-proxy"

    /// Whether proxy queries take part.
    public var usesProxyQueries: Bool { self != .tarAndVaN }
  }

  /// Criterion by which two tokens of different temporal patches are counterparts.
  public enum Alignment: String, Sendable, Hashable, CaseIterable {
    /// The same index among the cached tokens, cut into runs as long as a temporal patch, as published. From the second
    /// compression on, that is no longer the same patch of the image.
    case slot
    /// The same patch of the image.
    case patch
  }

  /// In which form keys are compared.
  public enum Comparison: String, Sendable, Hashable, CaseIterable {
    /// As they are cached, rotated by RoPE, as published: the time between two tokens itself lowers their similarity.
    case rotated
    /// Without the rotation by their temporal position.
    case preRoPE = "pre-rope"
  }

  /// Memberwise; as published where an argument is left out.
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

  /// The published operating point: α = 0.5, ρ = 0.25, 24 of 32 temporal patches retained.
  public static let published = InfiniPotVParameters(alpha: 0.5, recentRatio: 0.25, targetRatio: 24.0 / 32.0)

  /// The published operating point with some variants.
  public static func published(with variants: Set<CompressionVariant>) -> InfiniPotVParameters {
    var parameters = published
    if variants.contains(.patchAligned) { parameters.alignment = .patch }
    if variants.contains(.preRoPE) { parameters.comparison = .preRoPE }
    if variants.contains(.patchPooling) { parameters.pooling = .patch }
    if variants.contains(.proxyQueries) { parameters.choice = .proxyQueries }
    if variants.contains(.tarAndProxyQueries) { parameters.choice = .tarAndProxyQueries }
    return parameters
  }

  /// - Throws: `invalidParameter` for a ratio outside 0 … 1, or a target ratio of 0 or 1.
  func validate() throws(CacheError) {
    let ratios = [("alpha", alpha), ("recentRatio", recentRatio), ("targetRatio", targetRatio)]
    for (name, value) in ratios where !(value >= 0 && value <= 1) {
      throw .invalidParameter(name: name, value: value)
    }
    // A compression that retains everything would free no slots.
    if targetRatio == 0 || targetRatio == 1 { throw .invalidParameter(name: "targetRatio", value: targetRatio) }
  }
}

/// Where InfiniPot-V may depart from its paper. The raw values are the command-line names.
public enum CompressionVariant: String, Sendable, CaseIterable {
  /// TaR compares tokens of the same patch in later compressions too.
  case patchAligned = "patch-aligned"
  /// TaR compares keys without the rotation by their temporal position.
  case preRoPE = "pre-rope"
  /// VaN averages over the patches and temporal patches that tokens came from.
  case patchPooling = "patch-pooling"
  /// Tokens are scored by the attention that proxy queries give them, in place of TaR and VaN.
  case proxyQueries = "proxy-queries"
  /// TaR chooses half of the older tokens, and proxy queries choose the others in place of VaN.
  case tarAndProxyQueries = "tar-proxy"

  /// The variant with the best answers of the embedded model at 1/8 and 1/16 of the full cache, and on streams in which
  /// things come by without end (`edgeassist eval`, 2026-12-01; the tables are in Sources/Evaluation/README.md).
  public static let standard: Set<CompressionVariant> = [.tarAndProxyQueries]
}
