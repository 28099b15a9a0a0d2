// SPDX-License-Identifier: Apache-2.0

/// Which tokens a compression retains. The raw values are the command-line names.
public enum RetentionPolicy: String, Sendable, CaseIterable {
  /// InfiniPot-V (arXiv 2506.15745): the newest temporal patches, then the tokens least similar to them (TaR), then
  /// those with the largest values (VaN).
  case infinipotV = "infinipot-v"
  /// The newest tokens.
  case slidingWindow = "sliding-window"
  /// Tokens at an even spacing over all that are cached.
  case uniform
  /// All: there is no budget, and memory grows with the stream.
  case full
}
