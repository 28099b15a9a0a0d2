// SPDX-License-Identifier: Apache-2.0

import Compute

/// The sizes of a decoder that its key-value cache depends on.
public struct CacheShape: Sendable, Hashable {
  /// Decoder layers.
  public var layers: Int
  /// Key-value heads of each layer (fewer than attention heads under grouped-query attention).
  public var keyValueHeads: Int
  /// Numbers in one head's key, and in its value.
  public var headDimension: Int

  public init(layers: Int, keyValueHeads: Int, headDimension: Int) {
    self.layers = layers
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
  }

  /// Bytes of one token's keys and values in every layer and head, at 16 bits a number.
  /// `Int.max` when the true figure is larger than that, 0 when a size is not positive: no such cache can be made.
  public var bytesPerToken: Int {
    guard layers > 0, keyValueHeads > 0, headDimension > 0 else { return 0 }
    return [layers, keyValueHeads, headDimension].reduce(4) { $0.multipliedSaturating(by: $1) }
  }

  /// The same, with keys and values stored in another way.
  public func bytesPerToken(_ type: KeyValueType) -> Int {
    guard layers > 0, keyValueHeads > 0, headDimension > 0 else { return 0 }
    return type.keyRowBytes(headDimension).addingSaturating(type.valueRowBytes(headDimension))
      .multipliedSaturating(by: layers).multipliedSaturating(by: keyValueHeads)
  }
}

extension Int {
  /// The product, or `Int.max` where it would be larger. Both factors are non-negative.
  func multipliedSaturating(by other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }

  /// The sum, or `Int.max` where it would be larger. Both terms are non-negative.
  func addingSaturating(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
