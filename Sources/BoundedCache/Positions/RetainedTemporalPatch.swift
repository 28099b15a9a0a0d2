// SPDX-License-Identifier: Apache-2.0

/// Cached tokens of one temporal patch of the stream, as counts.
public struct RetainedTemporalPatch: Sendable, Hashable {
  /// The temporal patch's index in the stream, from 0: every one that was ever appended counts.
  public var streamIndex: Int
  /// Tokens cached in each layer, the sum over its heads.
  public var tokens: [Int]

  /// Memberwise; checks nothing.
  public init(streamIndex: Int, tokens: [Int]) {
    self.streamIndex = streamIndex
    self.tokens = tokens
  }
}

extension VisionTokenOrigins {
  /// The temporal patches of which any head of any layer has a token cached, in stream order.
  func retainedTemporalPatches(shape: CacheShape) -> [RetainedTemporalPatch] {
    let layers = shape.layers
    var tokens = [Int](repeating: 0, count: streamIndices.count * layers)
    for (index, head) in heads.enumerated() {
      let layer = index / shape.keyValueHeads
      for number in head.temporalPatches { tokens[Int(number) * layers + layer] += 1 }
    }
    return streamIndices.enumerated().compactMap { number, streamIndex in
      let cached = tokens[number * layers..<(number + 1) * layers]
      return cached.contains { $0 > 0 } ? RetainedTemporalPatch(streamIndex: streamIndex, tokens: Array(cached)) : nil
    }
  }
}
