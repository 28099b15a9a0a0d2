// SPDX-License-Identifier: Apache-2.0

/// What stays when the cache has to be brought down. The raw values are the command-line names.
public enum RetentionPolicy: String, Sendable, CaseIterable {
  /// InfiniPot-V: the newest frames, then the tokens least like them, then the largest values (arXiv 2506.15745).
  case infinipotV = "infinipot-v"
  /// The newest tokens.
  case slidingWindow = "sliding-window"
  /// Tokens at an even spacing over everything held.
  case uniform
  /// Everything: there is no budget, and memory grows with the stream.
  case full
}
