// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Dialogue

/// A KV cache budget of an evaluation: absolute, or a ratio of what the stream takes in the full cache.
public enum EvaluationBudget: Sendable, Equatable {
  /// A part of the bytes of the full cache.
  case ratio(numerator: Int, denominator: Int)
  /// Tokens cached, the mean over all heads.
  case tokens(Int)
  /// Bytes of keys and values, in whole pages.
  case bytes(Int)

  /// Denominator of ratios that are written as decimals.
  private static let decimal = 10_000

  /// Reads a ratio such as `1/8` or `0.25`.
  ///
  /// - Throws: `EvaluationError.invalidRatio` unless it is above 0 and at most 1.
  public init(ratio text: String) throws(EvaluationError) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    if parts.count == 2, let numerator = Int(parts[0]), let denominator = Int(parts[1]),
      numerator > 0, numerator <= denominator
    {
      self = .ratio(numerator: numerator, denominator: denominator)
    } else if parts.count == 1, let ratio = Double(parts[0]), ratio >= 1 / Double(Self.decimal), ratio <= 1 {
      self = .ratio(numerator: Int((ratio * Double(Self.decimal)).rounded()), denominator: Self.decimal)
    } else {
      throw .invalidRatio(text)
    }
  }

  /// The budget's name in results: `1/8`, `0.25`, `512 tokens`, `65536 bytes`.
  public var name: String {
    switch self {
    case .ratio(let numerator, Self.decimal): "\(Double(numerator) / Double(Self.decimal))"
    case .ratio(let numerator, let denominator): "\(numerator)/\(denominator)"
    case .tokens(let count): "\(count) tokens"
    case .bytes(let count): "\(count) bytes"
    }
  }

  /// - Parameter fullCacheBytes: bytes that the stream takes when nothing is evicted.
  func cacheBudget(fullCacheBytes: Int) -> CacheBudget {
    switch self {
    case .ratio(let numerator, let denominator):
      .bytes(Int(Double(fullCacheBytes) * Double(numerator) / Double(denominator)))
    case .tokens(let count): .tokens(count)
    case .bytes(let count): .bytes(count)
    }
  }
}
