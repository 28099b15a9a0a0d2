// SPDX-License-Identifier: Apache-2.0

/// What InfiniPot-V may do otherwise than its paper. The raw values are the command-line names.
public enum CompressionVariant: String, Sendable, CaseIterable {
  /// Keys are compared with those of the same patch of the picture in later passes too.
  case patchAligned = "patch-aligned"
  /// Keys are compared without the rotation by their frame's time.
  case preRoPE = "pre-rope"
  /// Value norms are averaged over the patches and frames that tokens came from.
  case patchPooling = "patch-pooling"
  /// Tokens are kept for what questions of the usual kinds would look at, instead of for change and value.
  case proxyQueries = "proxy-queries"

  /// Those that answered best where they were measured: with the embedded model, at 1/8 and 1/16 of the full cache.
  public static let standard: Set<CompressionVariant> = [.proxyQueries]
}

extension InfiniPotVParameters {
  /// The published method with these variants.
  public static func published(with variants: Set<CompressionVariant>) -> InfiniPotVParameters {
    var parameters = published
    if variants.contains(.patchAligned) { parameters.alignment = .patch }
    if variants.contains(.preRoPE) { parameters.comparison = .preRoPE }
    if variants.contains(.patchPooling) { parameters.pooling = .patch }
    if variants.contains(.proxyQueries) { parameters.choice = .proxyQueries }
    return parameters
  }
}
