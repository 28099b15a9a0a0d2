// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Dialogue

/// How much a bounded configuration may hold.
public enum MemoryBudget: Sendable, Equatable {
  /// A part of what the stream takes when nothing is left out, by bytes.
  case share(numerator: Int, denominator: Int)
  case tokens(Int)
  case bytes(Int)

  /// Reads a share such as `1/8` or `0.25`.
  ///
  /// - Throws: `EvaluationError.invalidShare` unless it lies above 0 and is at most 1.
  public init(share text: String) throws(EvaluationError) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    if parts.count == 2, let numerator = Int(parts[0]), let denominator = Int(parts[1]),
      numerator > 0, numerator <= denominator
    {
      self = .share(numerator: numerator, denominator: denominator)
    } else if parts.count == 1, let share = Double(parts[0]), share >= 0.0001, share <= 1 {
      self = .share(numerator: Int((share * 10_000).rounded()), denominator: 10_000)
    } else {
      throw .invalidShare(text)
    }
  }

  public var name: String {
    switch self {
    case .share(let numerator, 10_000): "\(Double(numerator) / 10_000)"
    case .share(let numerator, let denominator): "\(numerator)/\(denominator)"
    case .tokens(let count): "\(count) tokens"
    case .bytes(let count): "\(count) bytes"
    }
  }

  /// - Parameter whole: bytes of the stream when nothing is left out.
  func budget(ofWhole whole: Int) -> CacheBudget {
    switch self {
    case .share(let numerator, let denominator):
      .bytes(Int(Double(whole) * Double(numerator) / Double(denominator)))
    case .tokens(let count): .tokens(count)
    case .bytes(let count): .bytes(count)
    }
  }
}
