// SPDX-License-Identifier: Apache-2.0

import Compute

/// The most that a KV cache may hold.
public enum CacheBudget: Sendable, Equatable {
  /// Tokens, the mean over all heads.
  case tokens(Int)
  /// Bytes of keys and values. Whole pages are counted, so that the tokens that fit depend on shape and type.
  case bytes(Int)

  /// 32 temporal patches of 128 tokens, the capacity of the InfiniPot-V paper's smaller operating points.
  public static let standard = CacheBudget.tokens(4096)

  /// The budget as a count of tokens of this shape and type.
  public func tokens(shape: CacheShape, type: KeyValueType) -> Int {
    switch self {
    case .tokens(let count): count
    case .bytes(let count): KeyValueCache.tokens(forBytes: count, shape: shape, type: type)
    }
  }
}
