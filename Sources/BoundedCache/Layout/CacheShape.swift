// SPDX-License-Identifier: Apache-2.0

import Compute

/// The sizes of a decoder that its KV cache depends on. Layers without keys and values are not counted.
public struct CacheShape: Sendable, Hashable {
  /// Decoder layers with attention.
  public var layers: Int
  /// Key-value heads of each layer: fewer than attention heads under grouped-query attention.
  public var keyValueHeads: Int
  /// Values in one head's key, and in its value.
  public var headDimension: Int
  /// Floats of the recurrent states of a hybrid model's other layers; 0 for a model of attention layers alone.
  public var recurrentStateCount: Int

  /// Memberwise; checks nothing.
  public init(layers: Int, keyValueHeads: Int, headDimension: Int, recurrentStateCount: Int = 0) {
    self.layers = layers
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
    self.recurrentStateCount = recurrentStateCount
  }

  /// Whether some layers have a recurrent state in place of keys and values.
  public var isHybrid: Bool { recurrentStateCount > 0 }

  /// Bytes of the recurrent states of a cache: behind the stream, behind the text, and before a provisional temporal
  /// patch.
  public var recurrentStateBytes: Int {
    3.multipliedSaturating(by: MemoryLayout<Float>.stride).multipliedSaturating(by: max(0, recurrentStateCount))
  }

  /// The keys and values alone, without the recurrent states beside them.
  var withoutStates: CacheShape {
    CacheShape(layers: layers, keyValueHeads: keyValueHeads, headDimension: headDimension)
  }

  /// Key-value heads of all layers.
  var heads: Int { layers * keyValueHeads }

  /// Bytes of one token's keys and values in every layer and head, as 16-bit floats.
  ///
  /// `Int.max` where the product is larger than that; 0 where a size is not positive, so that no cache can be made.
  public var bytesPerToken: Int {
    guard layers > 0, keyValueHeads > 0, headDimension > 0 else { return 0 }
    return [layers, keyValueHeads, headDimension].reduce(4) { $0.multipliedSaturating(by: $1) }
  }

  /// Bytes of one token's keys and values in every layer and head, stored as `type`; limits as in `bytesPerToken`.
  public func bytesPerToken(_ type: KeyValueType) -> Int {
    guard layers > 0, keyValueHeads > 0, headDimension > 0 else { return 0 }
    return type.keyRowBytes(headDimension).addingSaturating(type.valueRowBytes(headDimension))
      .multipliedSaturating(by: layers).multipliedSaturating(by: keyValueHeads)
  }
}
